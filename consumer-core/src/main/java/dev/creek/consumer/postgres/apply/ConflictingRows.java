package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.row.RowColumns;
import dev.creek.consumer.row.Step;
import io.r2dbc.postgresql.api.PostgresqlStatement;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Makes rows that hold the unique values of a step's row make room for it, see {@link
 * UniqueConflictSql}, in a separate statement: for rows that stay under the key that they had, or
 * are to be counted.
 */
final class ConflictingRows {
  private static final String SAVEPOINT = "savepoint creek_step";

  private final Session session;
  private final TablePlan plan;

  ConflictingRows(Session session, TablePlan plan) {
    this.session = session;
    this.plan = plan;
  }

  /** Removes the rows that are in the way of one that changes its key; returns their number. */
  Mono<Long> forMoved(Step.Replace replace) {
    return removed(
        plan.rows().deleteTakenForMoved(), statement -> plan.bindMoved(statement, replace));
  }

  /**
   * Writes a step of which it is not known whether the target has seen it: rows make room, and are
   * reported, only if it fails without that.
   */
  Mono<Discrepancies> whereNeeded(Step step, Supplier<Mono<Discrepancies>> taken) {
    return session
        .execute(SAVEPOINT)
        .then(Mono.defer(taken))
        .onErrorResume(
            SqlErrors::isAlreadyThere,
            e ->
                session
                    .execute("rollback to " + SAVEPOINT)
                    .then(Mono.defer(() -> made(step)))
                    .flatMap(
                        rows ->
                            rows == 0
                                ? Mono.error(e)
                                : Mono.defer(taken).map(Discrepancies.displaced(rows)::plus)))
        .delayUntil(fell -> session.execute("release " + SAVEPOINT));
  }

  private Mono<Long> made(Step step) {
    if (step instanceof Step.Insert insert) {
      return forRows(insert.rows());
    }
    if (step instanceof Step.Update update) {
      return forRows(update.row());
    }
    return step instanceof Step.Replace replace ? forMoved(replace) : Mono.just(0L);
  }

  private Mono<Long> forRows(RowColumns rows) {
    return removed(plan.rows().deleteTaken("", 1), statement -> plan.bindRows(statement, 0, rows));
  }

  private Mono<Long> removed(@Nullable String sql, Consumer<PostgresqlStatement> bind) {
    return sql == null ? Mono.just(0L) : session.update(sql, bind);
  }
}
