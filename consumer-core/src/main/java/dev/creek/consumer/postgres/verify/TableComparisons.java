package dev.creek.consumer.postgres.verify;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.api.Verification;
import dev.creek.consumer.postgres.control.IncompletenessMarks;
import dev.creek.consumer.postgres.control.SubscriptionTable;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.text.Remedy;
import java.util.function.BiFunction;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/**
 * Comparisons of target tables with their sources, or with other tables of the same sources. Each
 * has connections of its own, since it reads whole tables. Thread-safe.
 */
public final class TableComparisons {
  private final DatabaseOptions options;
  private final SubscriptionTable subscriptions;
  private final IncompletenessMarks marks;
  private final ComparisonTables counterparts;

  /**
   * @param options the target database
   */
  public TableComparisons(
      Sessions sessions,
      DatabaseOptions options,
      SubscriptionTable subscriptions,
      ComparisonTables counterparts) {
    this.options = options;
    this.subscriptions = subscriptions;
    this.marks = new IncompletenessMarks(sessions, subscriptions);
    this.counterparts = counterparts;
  }

  /**
   * Compares a table of another database with its target here; both may be in use meanwhile.
   *
   * @param source the database of the mapping's source table
   * @return errors with {@link ShapeMismatchException} if a table is missing; with {@link
   *     DatabaseException} if a server refuses
   */
  public Mono<Verification> verify(
      Mapping mapping, DatabaseOptions source, Verification.Options how) {
    return compared(
        mapping, source, (scans, tables) -> new TableVerifier(mapping, tables, how, null));
  }

  /**
   * The same, and writes rows that differ anew from the source.
   *
   * @return errors with {@link ShapeMismatchException} also where the table has no key
   */
  public Mono<Verification> repair(
      Mapping mapping, DatabaseOptions source, Verification.Options how) {
    return compared(
        mapping,
        source,
        (scans, tables) ->
            new TableVerifier(mapping, tables, how, rowRepair(mapping, scans, tables)));
  }

  private Mono<Verification> compared(
      Mapping mapping,
      DatabaseOptions source,
      BiFunction<Scans, ComparedTables, TableVerifier> verifier) {
    return marks.comparedWithSource(
        mapping,
        Mono.usingWhen(
            Mono.fromSupplier(
                () -> new Scans(new Sessions(source.forScans()), new Sessions(options.forScans()))),
            scans -> compared(mapping, scans, verifier),
            Scans::close));
  }

  private static Mono<Verification> compared(
      Mapping mapping, Scans scans, BiFunction<Scans, ComparedTables, TableVerifier> verifier) {
    var from = new TargetTable(mapping.source().namespace(), mapping.source().table());
    return ComparedTables.of(mapping, from, scans.source(), scans.target())
        .flatMap(tables -> verifier.apply(scans, tables).verify());
  }

  private RowRepair rowRepair(Mapping mapping, Scans scans, ComparedTables tables) {
    if (tables.key() == null) {
      throw new ShapeMismatchException(
          mapping.target() + " has no key by which single rows can be repaired",
          Remedy.resync(mapping));
    }
    return new RowRepair(
        scans.source(),
        scans.target(),
        subscriptions.sqlName(),
        mapping.target().toString(),
        SqlNames.quoted(mapping.source().namespace(), mapping.source().table()),
        tables);
  }

  /**
   * Provides a place for a second table of the same source while the two are compared; whatever is
   * there afterwards is removed.
   *
   * @param work gets the mapping from the source to that place
   * @return errors with {@link SnapshotException} while another process compares the same table
   */
  public <T> Mono<T> withCounterpart(Mapping mapping, Function<Mapping, Mono<T>> work) {
    return counterparts.with(mapping, work);
  }

  /**
   * Compares a table with another one of the same source beside it; both may be in use meanwhile.
   *
   * @param counterpart stands for the source
   */
  public Mono<Verification> verify(
      Mapping mapping, TargetTable counterpart, Verification.Options how) {
    Mono<Verification> comparison =
        Mono.usingWhen(
            Mono.fromSupplier(() -> new Sessions(options.forScans())),
            scans ->
                ComparedTables.of(mapping, counterpart, scans, scans)
                    .flatMap(tables -> new TableVerifier(mapping, tables, how, null).verify()),
            Sessions::close);
    return isUnmarked(counterpart)
        .flatMap(proof -> proof ? marks.comparedWithSnapshot(mapping, comparison) : comparison);
  }

  /** A comparison table that may miss rows itself proves nothing. */
  private Mono<Boolean> isUnmarked(TargetTable counterpart) {
    return subscriptions
        .all()
        .filter(subscription -> subscription.mapping().target().equals(counterpart))
        .next()
        .map(subscription -> subscription.incompleteness().isEmpty())
        .defaultIfEmpty(false);
  }

  private record Scans(Sessions source, Sessions target) {
    Mono<Void> close() {
      return source.close().then(target.close());
    }
  }
}
