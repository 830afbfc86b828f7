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
   * @return errors with {@link BrokerException.Unavailable} if there are none, and no stream of the
   *     source's database either
   */
  Flux<PublishedSnapshot> snapshots(SourceTable source);

  /** The snapshot with this subject; empty if the stream holds nothing of it. */
  Mono<PublishedSnapshot> snapshot(SourceTable source, String subject);

  /**
   * Requests a new snapshot from the producer.
   *
   * @param timeout how long the producer may take to answer
   * @return the subject on which it is published; errors with {@link BrokerException.Unavailable}
   *     if no producer answers
   */
  Mono<String> requestSnapshot(SourceTable source, Duration timeout);

  /**
   * A snapshot's packets from its first on, each exactly once and in order, across reconnects; may
   * begin before there are any. Demand is real, as in {@link ChangeLog#read}. Never completes: the
   * subscriber cancels after the end marker.
   */
  Flux<Delivery> readSnapshot(SourceTable source, String subject);

  /** The place of a time in the stream of the table's changes, by the broker's clock. */
  Mono<ChangesSince> changesSince(SourceTable source, Instant time);

  /**
   * The place in the WAL stream after which everything of a table is that came at a time or later.
   *
   * @param stream identity of the stream
   * @param after sequence of the last message before
   * @param whole whether the stream still holds everything since then
   */
  record ChangesSince(StreamIdentity stream, long after, boolean whole) {}
}
