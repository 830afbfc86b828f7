package dev.creek.consumer.stream;

import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.Fingerprint;
import dev.creek.consumer.wire.MessageAssembler;
import dev.creek.consumer.wire.SourceTable;
import dev.creek.consumer.wire.WalDecoder;
import dev.creek.consumer.wire.WireException;
import dev.creek.consumer.wire.WireMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Packets to changes, for one line from one start on. Not thread-safe: deliveries come one at a
 * time.
 *
 * <p>What was decoded before a bad message, or before a schema had to be asked for, is handed on
 * first: an error never takes good changes with it.
 */
final class ChangeDecoder {
  private final SourceTable source;
  private final Schemas schemas;
  private final MessageAssembler assembler;
  private final Map<Long, WalDecoder> decoders = new HashMap<>();

  /**
   * Where reading begins by time, or with whatever the stream still holds, it may begin in the
   * middle of a message.
   */
  private boolean mayLackHead;

  private long frontier;

  /**
   * @param start where reading begins
   */
  ChangeDecoder(SourceTable source, Schemas schemas, int maxMessageBytes, StartAt start) {
    this.source = source;
    this.schemas = schemas;
    this.assembler = new MessageAssembler(maxMessageBytes);
    this.mayLackHead = !(start instanceof StartAt.Sequence);
  }

  /** The changes that a delivery completes; mostly one chunk, at once. */
  Publisher<DecodedChunk> decode(Delivery delivery) {
    return decodeFrom(delivery, 0, null);
  }

  /**
   * @param held a message that was complete before packet {@code index} but had to wait for its
   *     schema
   */
  private Publisher<DecodedChunk> decodeFrom(
      Delivery delivery, int index, @Nullable WireMessage held) {
    List<Packet> packets = delivery.packets();
    List<Change> changes = new ArrayList<>(packets.size() - index + 1);
    int next = index;
    WireMessage message = held;
    try {
      while (true) {
        if (message != null) {
          WalDecoder decoder = decoders.get(WalDecoder.fingerprint(message));
          if (decoder == null) {
            return afterLookup(delivery, next, message, changes);
          }
          changes.add(decoder.decode(message));
          frontier = message.lastSequence();
        }
        if (next == packets.size()) {
          break;
        }
        Packet packet = packets.get(next++);
        message = accept(packet);
      }
    } catch (WireException e) {
      return soFar(changes).concatWith(Mono.error(e));
    }
    if (!assembler.inMessage()) {
      frontier = Math.max(frontier, delivery.frontier());
    }
    return Mono.just(new DecodedChunk(changes, delivery.caughtUp(), frontier));
  }

  private @Nullable WireMessage accept(Packet packet) {
    try {
      WireMessage message = assembler.accept(packet.sequence(), packet.data());
      mayLackHead &= message == null;
      return message;
    } catch (WireException.LostHead e) {
      if (mayLackHead) {
        return null;
      }
      throw e;
    }
  }

  private Flux<DecodedChunk> afterLookup(
      Delivery delivery, int next, WireMessage message, List<Change> changes) {
    long fingerprint = WalDecoder.fingerprint(message);
    return soFar(changes)
        .concatWith(
            schemas
                .find(source, new Fingerprint(fingerprint))
                .doOnNext(schema -> decoders.put(fingerprint, new WalDecoder(schema)))
                .flatMapMany(known -> decodeFrom(delivery, next, message)));
  }

  private Flux<DecodedChunk> soFar(List<Change> changes) {
    return changes.isEmpty() ? Flux.empty() : Flux.just(new DecodedChunk(changes, false, frontier));
  }
}
