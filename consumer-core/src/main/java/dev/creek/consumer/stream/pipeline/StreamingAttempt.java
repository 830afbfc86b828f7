package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.TableState.StoppedAt;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.batch.ChangeDecoder;
import dev.creek.consumer.stream.group.Group;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** The events of one run of a streaming pipeline, from its start to its end. Thread-safe. */
public final class StreamingAttempt {
  private final AtomicBoolean progressed = new AtomicBoolean();
  private final Sinks.Empty<Void> proven = Sinks.empty();
  private volatile @Nullable StreamIdentity stream;
  private volatile @Nullable ChangeDecoder decoder;
  private volatile @Nullable Batch failing;
  private volatile boolean alone;

  /**
   * @param group null if the table is applied alone
   */
  void isIn(@Nullable Group group) {
    alone = group == null;
  }

  boolean isAlone() {
    return alone;
  }

  void reads(StreamIdentity from, ChangeDecoder with) {
    stream = from;
    decoder = with;
  }

  /** Returns true for the first commit. */
  boolean progresses() {
    return progressed.compareAndSet(false, true);
  }

  boolean hasProgressed() {
    return progressed.get();
  }

  /** The earlier failure or wait of the pipeline is over. */
  void proves() {
    proven.tryEmitEmpty();
  }

  Mono<Void> proven() {
    return proven.asMono();
  }

  void failedIn(Batch batch) {
    failing = batch;
  }

  /** The message that failed, if it was alone or could not be read. */
  @Nullable StoppedAt stoppedAt() {
    Batch batch = failing;
    ChangeDecoder reader = decoder;
    StreamIdentity from = stream;
    if (from == null) {
      return null;
    }
    if (batch != null) {
      return batch.changes().size() == 1
          ? new StoppedAt(from, batch.changes().get(0).sequence())
          : null;
    }
    return reader == null || reader.failedAt() == 0 ? null : new StoppedAt(from, reader.failedAt());
  }

  /** Stream sequence of the last change that failed; 0 if none did. */
  long lastFailing() {
    Batch batch = failing;
    return batch == null || batch.changes().isEmpty()
        ? 0
        : batch.changes().get(batch.changes().size() - 1).sequence();
  }
}
