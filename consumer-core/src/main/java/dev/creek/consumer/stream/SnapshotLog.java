package dev.creek.consumer.stream;

import dev.creek.consumer.wire.SourceTable;
import java.time.Instant;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The broker's snapshots. Thread-safe. Errors: {@link LogException} and its kinds; {@link
 * IllegalArgumentException} for names that cannot be part of a subject.
 */
public interface SnapshotLog {

  /** A table's snapshots that the stream still holds, oldest first. */
  Flux<PublishedSnapshot> snapshots(SourceTable source);

  /**
   * A snapshot in the stream.
   *
   * @param subject its name
   * @param firstSequence stream sequence of its first message
   * @param lastSequence stream sequence of its last message so far
   * @param messages how many messages its subject holds
   * @param publishedAt when JetStream stored its first message
   * @param complete whether its last message is the end marker
   */
  record PublishedSnapshot(
      String subject,
      long firstSequence,
      long lastSequence,
      long messages,
      Instant publishedAt,
      boolean complete) {
    /** Rows: without header and end marker; too many where a row took several messages (OLD). */
    public long rows() {
      return Math.max(0, messages - (complete ? 2 : 1));
    }
  }

  /**
   * Asks the producer for a new snapshot.
   *
   * @return its subject, on which it comes then; errors with {@link LogException.Unavailable} where
   *     no producer answers
   */
  Mono<String> requestSnapshot(SourceTable source);

  /**
   * A snapshot's packets from its first on, each exactly once and in order, across reconnects. Real
   * demand, as {@link ChangeLog#read}. Never completes: who reads the end marker cancels.
   */
  Flux<Delivery> readSnapshot(SourceTable source, String subject);
}
