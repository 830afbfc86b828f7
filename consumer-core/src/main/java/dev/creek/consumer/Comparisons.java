package dev.creek.consumer;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.Verification;
import dev.creek.consumer.postgres.PostgresTarget;
import reactor.core.publisher.Mono;

/**
 * Comparisons of tables with their sources, while both are in use. Thread-safe; nothing happens
 * before a returned publisher is subscribed to. Errors: {@link
 * dev.creek.consumer.api.ConsumerException}.
 */
public final class Comparisons {
  private final CreekConsumer consumer;
  private final Runs runs;
  private final Mono<PostgresTarget> readable;

  Comparisons(CreekConsumer consumer, Servers servers, Runs runs) {
    this.consumer = consumer;
    this.runs = runs;
    this.readable = servers.readable(runs::isRunning);
  }

  /**
   * Compares a source table with its target, while both are in use: each side is read once, and
   * rows that differ are compared again until they are equal or the time is over.
   *
   * @param source the database of the mapping's source table
   * @return errors with {@link ShapeMismatchException} if a table is missing
   */
  public Mono<Verification> verify(
      Mapping mapping, DatabaseOptions source, Verification.Options how) {
    return readable.flatMap(db -> db.comparisons().verify(mapping, source, how));
  }

  /**
   * Compares them as {@link #verify(Mapping, DatabaseOptions, Verification.Options)}, and rewrites
   * rows that differ with the source's values.
   *
   * @return errors with {@link ShapeMismatchException} if a table is missing, or has no key
   */
  public Mono<Verification> repair(
      Mapping mapping, DatabaseOptions source, Verification.Options how) {
    return readable.flatMap(db -> db.comparisons().repair(mapping, source, how));
  }

  /**
   * Compares a table with a fresh snapshot of its source, for a source database that cannot be
   * read. The snapshot is requested, loaded into a table beside the compared one, and followed by
   * the running services, at least one of which is needed, until the comparison ends: nothing is
   * paused. The table beside it is then removed; {@link CreekConsumer#stop} ends it early, in
   * order. One that a killed process leaves behind is removed by the next comparison or start of a
   * service.
   *
   * @return errors with {@link SnapshotException} if no service runs, the snapshot cannot be taken
   *     or does not catch up, or the table is being compared already
   */
  public Mono<Verification> verify(Mapping mapping, Verification.Options how) {
    return runs.comparing(
        ended ->
            readable.flatMap(db -> new FreshComparison(consumer, db, ended).compare(mapping, how)));
  }
}
