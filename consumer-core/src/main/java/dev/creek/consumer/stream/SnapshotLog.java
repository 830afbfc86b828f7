package dev.creek.consumer.stream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.SourceTable;
import java.time.Duration;
import java.time.Instant;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The broker's snapshots. Thread-safe. Errors: {@link BrokerException} and its kinds; {@link
 * IllegalArgumentException} for names that cannot be part of a subject, and for a subject that is
 * no snapshot of the table.
 */
public interface SnapshotLog {

  /**
   * A table's snapshots that the streams still hold, of both generations, oldest first.
   *
   * @return errors with {@link BrokerException.Unavailable} where there are none, and no stream of
   *     the source's database either
   */
  Flux<PublishedSnapshot> snapshots(SourceTable source);

  /** One of them; empty where the stream holds nothing of it. */
  Mono<PublishedSnapshot> snapshot(SourceTable source, String subject);

  /**
   * Asks the producer for a new snapshot.
   *
   * @param timeout how long it may take to answer
   * @return its subject, on which it comes then, or is coming already; errors with {@link
   *     BrokerException.Unavailable} where no producer answers
   */
  Mono<String> requestSnapshot(SourceTable source, Duration timeout);

  /**
   * A snapshot's packets from its first on, each exactly once and in order, across reconnects; may
   * begin before there are any. Real demand, as {@link ChangeLog#read}. Never completes: who reads
   * the end marker cancels.
   */
  Flux<Delivery> readSnapshot(SourceTable source, String subject);

  /** Where the table's changes stood at a time, by the broker's clock. */
  Mono<ChangesSince> changesSince(SourceTable source, Instant time);

  /**
   * The place in the WAL stream behind which everything of a table is that came at a time or later.
   *
   * @param stream identity of the stream
   * @param after sequence of the last message before
   * @param whole whether the stream still holds everything since then
   */
  record ChangesSince(StreamIdentity stream, long after, boolean whole) {}
}
