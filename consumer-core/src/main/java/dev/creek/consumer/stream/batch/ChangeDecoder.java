package dev.creek.consumer.stream.batch;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.OutOfMemoryException;
import dev.creek.consumer.stream.Packet;
import dev.creek.consumer.stream.SchemaFinder;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.Fingerprint;
import dev.creek.consumer.wire.MessageAssembler;
import dev.creek.consumer.wire.WalDecoder;
import dev.creek.consumer.wire.WalSchema;
import dev.creek.consumer.wire.WireMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
  private final SchemaFinder schemas;
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

  /** A whole message that waits for its schema. */
  private @Nullable WireMessage held;

  /**
   * @param start where reading begins
   * @param skips stream sequences of messages to skip
   * @param onSkip called for each skipped message
   */
  public ChangeDecoder(
      SourceTable source,
      SchemaFinder schemas,
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
    return decodeFrom(delivery, 0, new ArrayList<>(delivery.packets().size()));
  }

  private Publisher<DecodedChunk> decodeFrom(Delivery delivery, int index, List<Change> changes) {
    List<Packet> packets = delivery.packets();
    for (int i = index; i < packets.size(); i++) {
      try {
        if (!take(packets.get(i), changes)) {
          return afterLookup(delivery, i + 1, changes);
        }
      } catch (MessageException | OutOfMemoryException e) {
        return soFar(changes).concatWith(Mono.error(e));
      }
    }
    if (!isInMessage()) {
      frontier = Math.max(frontier, delivery.frontier());
    }
    return Mono.just(new DecodedChunk(changes, delivery.pending(), frontier));
  }

  /**
   * Adds the change that a packet completes, if it completes one.
   *
   * @return false if its schema is not known yet: {@link #lookUp} is to be called next
   * @throws MessageException if the message cannot be read: {@link #failedAt}
   */
  public boolean take(Packet packet, List<Change> changes) {
    try {
      WireMessage message = accept(packet);
      return message == null || isSkipped(message) || add(message, changes);
    } catch (MessageException e) {
      skipOrFail(e);
      return true;
    } catch (OutOfMemoryError e) {
      failedAt = current;
      throw new OutOfMemoryException("read a message", e);
    }
  }

  /** False if the message's schema is not known yet. */
  private boolean add(WireMessage message, List<Change> changes) {
    WalDecoder decoder = decoders.get(WalDecoder.fingerprint(message));
    if (decoder == null) {
      held = message;
      return false;
    }
    changes.add(decoder.decode(message));
    frontier = message.lastSequence();
    return true;
  }

  private void skipOrFail(MessageException e) {
    if (!skips.contains(current)) {
      failedAt = current;
      throw e;
    }
    passOver();
  }

  /**
   * Looks up the schema of the message that {@link #take} could not decode, and adds its change.
   *
   * @return errors if nobody knows the schema, or if the message cannot be read
   */
  public Mono<Void> lookUp(List<Change> changes) {
    WireMessage message = Objects.requireNonNull(held);
    var fingerprint = new Fingerprint(WalDecoder.fingerprint(message));
    return schemas
        .find(source, fingerprint)
        .doOnNext(
            schema -> {
              held = null;
              decoders.put(fingerprint.bits(), new WalDecoder(schema));
              try {
                add(message, changes);
              } catch (MessageException e) {
                skipOrFail(e);
              }
            })
        .then();
  }

  /**
   * The fingerprint of the message that begins in a packet, if its schema is not known yet. The
   * packet is not taken.
   */
  public @Nullable Fingerprint unknown(Packet packet) {
    Fingerprint fingerprint = WalDecoder.fingerprint(packet.data());
    return fingerprint == null || decoders.containsKey(fingerprint.bits()) ? null : fingerprint;
  }

  /** The schema of messages with this fingerprint; errors as {@link SchemaFinder#find}. */
  public Mono<WalSchema> find(Fingerprint fingerprint) {
    return schemas.find(source, fingerprint);
  }

  /** Decodes messages of this schema from now on. */
  public void know(WalSchema schema) {
    decoders.putIfAbsent(schema.fingerprint().bits(), new WalDecoder(schema));
  }

  /** Tells whether further packets of a message must follow. */
  public boolean isInMessage() {
    return assembler.inMessage();
  }

  /** Stream sequence of the message that was decoded last, or is to be. */
  public long current() {
    return current;
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
        .log("{}: skipping stream sequence {}, as skip_change requested", source, current);
    if (!isInMessage()) {
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

  private Flux<DecodedChunk> afterLookup(Delivery delivery, int next, List<Change> changes) {
    List<Change> more = new ArrayList<>();
    return soFar(changes)
        .concatWith(lookUp(more).thenMany(Flux.defer(() -> decodeFrom(delivery, next, more))));
  }

  private Flux<DecodedChunk> soFar(List<Change> changes) {
    return changes.isEmpty() ? Flux.empty() : Flux.just(new DecodedChunk(changes, 1, frontier));
  }
}
