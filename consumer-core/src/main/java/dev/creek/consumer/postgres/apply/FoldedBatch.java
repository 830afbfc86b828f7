package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.apply.FoldedSql.Expecting;
import dev.creek.consumer.postgres.position.PositionAdvance;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.row.CopyRows;
import dev.creek.consumer.row.FoldedChanges;
import dev.creek.consumer.wire.Change;
import io.r2dbc.spi.Readable;
import java.util.List;
import java.util.Objects;
import reactor.core.publisher.Mono;

/**
 * The folded form of a batch of a table with a key, and the statements that write it.
 *
 * @param plan the plan
 * @param changes the batch itself
 * @param folded for COPY if that seemed right when it was prepared
 * @param counts the changes by operation
 * @param newestMicros the latest of their commit times
 */
record FoldedBatch(
    TablePlan plan, List<Change> changes, FoldedChanges folded, Counts counts, long newestMicros) {

  /**
   * Folds on the calling thread, which does all work that examines every change.
   *
   * @param mayCopy whether to prepare for COPY, if it pays
   */
  static FoldedBatch of(TablePlan plan, List<Change> changes, boolean mayCopy) {
    return new FoldedBatch(
        plan,
        changes,
        plan.fold(changes, mayCopy),
        Counts.of(changes),
        ReplayWindow.newest(changes));
  }

  boolean isForCopy() {
    return folded.copied() != null;
  }

  /**
   * Rows and position in one round trip, which touches one row while the claim holds.
   *
   * @param expecting that all rows exist, or the statement fails
   */
  Mono<Long> alone(
      Session session, TablePlan.Rows how, Expecting expecting, PositionAdvance moved) {
    if (how == TablePlan.Rows.COPIED) {
      return plan.copyAlone(session, Objects.requireNonNull(folded.copied()), moved);
    }
    FoldedChanges columns = inColumns();
    return session.update(
        plan.alone(columns, how, expecting, moved),
        statement -> plan.bind(statement, moved, columns));
  }

  /** The rows, if the transaction holds the fence; fails unless all exist. */
  Mono<Long> inside(Session session, TablePlan.Rows how) {
    if (how == TablePlan.Rows.COPIED) {
      CopyRows rows = Objects.requireNonNull(folded.copied());
      return plan.copy(session, rows).thenReturn((long) rows.rows());
    }
    FoldedChanges columns = inColumns();
    return session.update(
        plan.inside(columns, how, Expecting.ALL), statement -> plan.bind(statement, 0, columns));
  }

  /**
   * The rows, whether they exist or not, if the transaction holds the fence.
   *
   * @param mayMiss whether missing rows are not counted
   */
  Mono<Discrepancies> counting(Session session, boolean mayMiss) {
    FoldedChanges columns = inColumns();
    return (mayMiss ? Mono.just(0L) : there(session, columns))
        .flatMap(
            there ->
                session
                    .query(
                        plan.inside(columns, TablePlan.Rows.UPSERTED, Expecting.ANY),
                        statement -> plan.bind(statement, 0, columns),
                        row -> missed(columns, mayMiss, there, row).plus(unwritten(columns, row)))
                    .single());
  }

  /** Number of rows to update that exist. */
  private Mono<Long> there(Session session, FoldedChanges columns) {
    return columns.updates().rows() == 0
        ? Mono.just(0L)
        : session
            .query(
                plan.rows().countThere(1),
                statement -> plan.bindRows(statement, 0, columns.updates()),
                row -> number(row, "count"))
            .single();
  }

  private Discrepancies missed(FoldedChanges columns, boolean mayMiss, long there, Readable row) {
    long deletes =
        plan.rows().deletesMayMiss() ? 0 : columns.deletes().rows() - number(row, "deleted");
    long missed = Math.max(0, deletes) + columns.updates().rows() - there;
    return mayMiss || missed <= 0 ? Discrepancies.NONE : new Discrepancies(missed, 0);
  }

  private Discrepancies unwritten(FoldedChanges columns, Readable row) {
    return plan.rows().writesAll()
        ? Discrepancies.unwritten(
            columns.updates().rows() + columns.inserts().rows(), number(row, "written"))
        : Discrepancies.NONE;
  }

  static long number(Readable row, String column) {
    return Objects.requireNonNull(row.get(column, Long.class));
  }

  /** The rows as a part of a statement that writes other tables as well, without COPY. */
  Fusible fusible(TablePlan.Rows how, Expecting expecting) {
    FoldedChanges columns = inColumns();
    return new FusibleFolds(plan, TablePlan.shape(columns, how, expecting), columns);
  }

  /** Folds again, if COPY is not possible after all. */
  private FoldedChanges inColumns() {
    return isForCopy() ? plan.changes().fold(changes) : folded;
  }
}
