package dev.creek.consumer.postgres.session;

import dev.creek.consumer.api.DatabaseException;
import java.util.Set;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Handles several processes that create the same thing at once. PostgreSQL looks first and writes
 * its catalog afterwards, also for IF NOT EXISTS: the second process waits for the first one's
 * commit and then gets an error. When the same transaction is repeated, it finds what exists by
 * then.
 */
public final class CreationRace {
  /**
   * A schema, a table, its type or index, a function, a column that exists already; the catalog's
   * own unique indexes; a row of the catalog that two change at once; a deadlock of two that create
   * in another order.
   */
  private static final Set<String> LOST =
      Set.of("42P06", "42P07", "42710", "42723", "42701", "23505", "XX000", "40P01", "40001");

  /** Each loss means that another process has created something: schema and table are two. */
  private static final int MORE_TRIES = 5;

  private CreationRace() {}

  /**
   * Repeats the creation if another process was first.
   *
   * @param creation a transaction that creates only what is missing
   * @return errors as {@code creation} does if repeating does not help
   */
  public static <T> Mono<T> again(Mono<T> creation) {
    return creation.retryWhen(
        Retry.max(MORE_TRIES)
            .filter(CreationRace::isLost)
            .onRetryExhaustedThrow((retry, last) -> last.failure()));
  }

  private static boolean isLost(Throwable error) {
    return error instanceof DatabaseException refused && LOST.contains(refused.sqlState());
  }
}
