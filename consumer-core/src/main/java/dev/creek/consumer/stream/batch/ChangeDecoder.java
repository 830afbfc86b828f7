package dev.creek.consumer.stream.batch;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.OutOfMemoryException;
import dev.creek.consumer.stream.Packet;
import dev.creek.consumer.stream.Schemas;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.Fingerprint;
import dev.creek.consumer.wire.MessageAssembler;
import dev.creek.consumer.wire.WalDecoder;
import dev.creek.consumer.wire.WireMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Decodes packets to changes, for one pipeline from one start on. Not thread-safe: deliveries come
 * one at a time.
 *
 * <p>Messages that are to be skipped are read and dropped, even if they cannot be decoded.
 *
 * <p>Changes that were decoded before a bad message, or before a schema had to be requested, are
 * emitted first: an error never suppresses good changes.
 */
public final class ChangeDecoder {
  private static final Logger log = LoggerFactory.getLogger(ChangeDecoder.class);

  private final SourceTable source;
  private final Runnable onSkip;
  private final Schemas schemas;
  private final MessageAssembler assembler;
  private final Set<Long> skips;
  private final Map<Long, WalDecoder> decoders = new HashMap<>();

  /**
   * If reading begins by time, or with whatever the stream still holds, it may begin in the middle
   * of a message.
   */
  private boolean mayLackHead;

  private long frontier;

  /** Stream sequence of the message that is being decoded, or of the packet. */
  private long current;

  private volatile long failedAt;

  /**
   * @param start where reading begins
   * @param skips stream sequences of messages to skip
   * @param onSkip called for each skipped message
   */
  public ChangeDecoder(
      SourceTable source,
      Schemas schemas,
      int maxMessageBytes,
      StartAt start,
      Set<Long> skips,
      Runnable onSkip) {
    this.source = source;
    this.schemas = schemas;
    this.skips = skips;
    this.onSkip = onSkip;
    this.assembler = new MessageAssembler(maxMessageBytes);
    this.mayLackHead = !(start instanceof StartAt.Sequence);
  }

  /** The changes that a delivery completes; mostly one chunk, at once. */
  public Publisher<DecodedChunk> decode(Delivery delivery) {
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
    while (true) {
      try {
        if (message != null && !isSkipped(message)) {
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
        message = accept(packets.get(next++));
      } catch (MessageException e) {
        if (!skips.contains(current)) {
          failedAt = current;
          return soFar(changes).concatWith(Mono.error(e));
        }
        message = null;
        passOver();
      } catch (OutOfMemoryError e) {
        failedAt = current;
        return soFar(changes).concatWith(Mono.error(new OutOfMemoryException("read a message", e)));
      }
    }
    if (!assembler.inMessage()) {
      frontier = Math.max(frontier, delivery.frontier());
    }
    return Mono.just(new DecodedChunk(changes, delivery.pending(), frontier));
  }

  /** Stream sequence of the message that could not be read; 0 if there is none. */
  public long failedAt() {
    return failedAt;
  }

  private boolean isSkipped(WireMessage message) {
    current = message.lastSequence();
    boolean skipped = skips.contains(current);
    if (skipped) {
      passOver();
    }
    return skipped;
  }

  /** Further packets may follow of a message that cannot be assembled. */
  private void passOver() {
    onSkip.run();
    log.atWarn()
        .addKeyValue("source", source)
        .addKeyValue("sequence", current)
        .log("{}: passing over stream sequence {}, as skip_change asked", source, current);
    if (!assembler.inMessage()) {
      frontier = current;
    }
    mayLackHead = true;
  }

  private @Nullable WireMessage accept(Packet packet) {
    current = packet.sequence();
    try {
      WireMessage message = assembler.accept(packet.sequence(), packet.data());
      mayLackHead &= message == null;
      return message;
    } catch (MessageException.LostHead e) {
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
    return changes.isEmpty() ? Flux.empty() : Flux.just(new DecodedChunk(changes, 1, frontier));
  }
}
