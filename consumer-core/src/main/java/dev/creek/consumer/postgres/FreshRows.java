package dev.creek.consumer.postgres;

import java.util.function.Function;
import reactor.core.publisher.Mono;

/**
 * Takes the source at its word that rows are new: they are inserted, and only where one is there
 * after all, because changes are applied again, is the batch upserted. As more of that kind follow,
 * those of the next batches are upserted at once. For one write after another.
 */
final class FreshRows {
  private static final int UPSERTED_BATCHES = 100;

  private int upserted;

  /**
   * Writes a batch.
   *
   * @param fresh whether its rows should be new
   * @param statement what writes it
   * @param undo what has to be done before it is tried in another way
   */
  Mono<Long> write(boolean fresh, Function<TablePlan.Rows, Mono<Long>> statement, Mono<Void> undo) {
    if (!fresh || upserted > 0) {
      upserted = Math.max(0, upserted - 1);
      return statement.apply(TablePlan.Rows.UPSERTED);
    }
    return statement
        .apply(TablePlan.Rows.INSERTED)
        .onErrorResume(
            SqlErrors::isAlreadyThere,
            e -> {
              upserted = UPSERTED_BATCHES;
              return undo.then(Mono.defer(() -> statement.apply(TablePlan.Rows.UPSERTED)));
            });
  }
}
