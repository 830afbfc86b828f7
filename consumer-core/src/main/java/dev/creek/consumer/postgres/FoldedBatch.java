package dev.creek.consumer.postgres;

import dev.creek.consumer.row.CopyRows;
import dev.creek.consumer.row.FoldedChanges;
import dev.creek.consumer.wire.Change;
import java.util.List;
import java.util.Objects;
import reactor.core.publisher.Mono;

/**
 * What a batch of a table with a key amounts to, and the statements that write it.
 *
 * @param plan how
 * @param changes the batch itself
 * @param folded for COPY where that seemed right when it was prepared
 * @param counts what the changes are
 * @param newestMicros the latest of their commit times
 */
record FoldedBatch(
    TablePlan plan, List<Change> changes, FoldedChanges folded, Counts counts, long newestMicros) {

  /**
   * Folds on the calling thread, where all that has to look at every change is done.
   *
   * @param mayCopy whether to prepare for COPY, if it is worth that
   */
  static FoldedBatch of(TablePlan plan, List<Change> changes, boolean mayCopy) {
    return new FoldedBatch(
        plan, changes, plan.fold(changes, mayCopy), Counts.of(changes), SeenTime.newest(changes));
  }

  boolean isForCopy() {
    return folded.copied() != null;
  }

  /** Whether there is nothing to write, or nothing but a TRUNCATE. */
  boolean isEmpty() {
    return folded.deletes().rows() + folded.upserts().rows() == 0 && !isForCopy();
  }

  /** Rows and position in one round trip, which touches one row while the claim holds. */
  Mono<Long> alone(Session session, TablePlan.Rows how, Moved moved) {
    if (how == TablePlan.Rows.COPIED) {
      return plan.copyAlone(session, Objects.requireNonNull(folded.copied()), moved);
    }
    FoldedChanges columns = inColumns();
    return session.update(
        plan.alone(columns, how, moved), statement -> plan.bind(statement, moved, columns));
  }

  /** The rows, where the transaction holds the fence. */
  Mono<Long> inside(Session session, TablePlan.Rows how) {
    if (how == TablePlan.Rows.COPIED) {
      CopyRows rows = Objects.requireNonNull(folded.copied());
      return plan.copy(session, rows).thenReturn((long) rows.rows());
    }
    FoldedChanges columns = inColumns();
    return session.update(plan.inside(columns, how), statement -> plan.bind(statement, 0, columns));
  }

  /** Once more, where COPY is not possible after all. */
  private FoldedChanges inColumns() {
    return isForCopy() ? plan.changes().fold(changes) : folded;
  }
}
