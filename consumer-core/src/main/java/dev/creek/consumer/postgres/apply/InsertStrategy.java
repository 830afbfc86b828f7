package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.session.SqlErrors;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/**
 * Assumes first that rows are new, as the source says: they are copied or inserted. If a row exists
 * after all, because changes are applied again, the batch is upserted, and so are the next batches,
 * since more of that kind follow. If COPY fails for another reason, rows are inserted, and those of
 * the next batches too. For one write after another.
 */
public final class InsertStrategy {
  private static final int OTHER_BATCHES = 100;

  private volatile int upserted;
  private volatile int notCopied;

  /** Tells whether to prepare rows for COPY. May be called beside a write: it is only a guess. */
  boolean mayCopy() {
    return upserted == 0 && notCopied == 0;
  }

  /**
   * Writes a batch.
   *
   * @param statement writes it
   * @param undo runs before another way is tried
   */
  Mono<Long> write(
      FoldedBatch batch, Function<TablePlan.Rows, Mono<Long>> statement, Mono<Void> undo) {
    return write(batch.folded().fresh(), batch.isForCopy(), statement, undo);
  }

  /** The way that {@link #write} would try first; nothing is learned if it fails. */
  TablePlan.Rows first(FoldedBatch batch) {
    if (!batch.folded().fresh() || upserted > 0) {
      return TablePlan.Rows.UPSERTED;
    }
    return batch.isForCopy() && notCopied == 0 ? TablePlan.Rows.COPIED : TablePlan.Rows.INSERTED;
  }

  /** The same for rows that should be new, without COPY. */
  public Mono<Long> write(Function<TablePlan.Rows, Mono<Long>> statement, Mono<Void> undo) {
    return write(true, false, statement, undo);
  }

  private Mono<Long> write(
      boolean fresh,
      boolean copied,
      Function<TablePlan.Rows, Mono<Long>> statement,
      Mono<Void> undo) {
    if (!fresh || upserted > 0) {
      upserted = Math.max(0, upserted - 1);
      return statement.apply(TablePlan.Rows.UPSERTED);
    }
    if (!copied || notCopied > 0) {
      notCopied = Math.max(0, notCopied - 1);
      return inserted(statement, undo);
    }
    return statement
        .apply(TablePlan.Rows.COPIED)
        .onErrorResume(
            SqlErrors::mayBeInserted,
            e -> undo.then(Mono.defer(() -> insteadOfCopy(e, statement, undo))));
  }

  private Mono<Long> insteadOfCopy(
      Throwable error, Function<TablePlan.Rows, Mono<Long>> statement, Mono<Void> undo) {
    if (SqlErrors.isAlreadyThere(error)) {
      return upserted(statement);
    }
    notCopied = OTHER_BATCHES;
    return inserted(statement, undo);
  }

  private Mono<Long> inserted(Function<TablePlan.Rows, Mono<Long>> statement, Mono<Void> undo) {
    return statement
        .apply(TablePlan.Rows.INSERTED)
        .onErrorResume(
            SqlErrors::isAlreadyThere, e -> undo.then(Mono.defer(() -> upserted(statement))));
  }

  private Mono<Long> upserted(Function<TablePlan.Rows, Mono<Long>> statement) {
    upserted = OTHER_BATCHES;
    return statement.apply(TablePlan.Rows.UPSERTED);
  }
}
