package dev.creek.consumer.postgres.session;

import dev.creek.consumer.api.DatabaseException;
import java.util.Set;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Several processes that create the same thing at once. PostgreSQL looks first and writes its
 * catalog afterwards, also for IF NOT EXISTS: whoever comes second waits for the first one's commit
 * and then gets an error. What is there by then is found by the same transaction once more.
 */
public final class CreationRace {
  /**
   * A schema, a table, its type or index, a function, a column that is there already; the catalog's
   * own unique indexes; a row of the catalog that two change at once; a deadlock of two that create
   * in another order.
   */
  private static final Set<String> LOST =
      Set.of("42P06", "42P07", "42710", "42723", "42701", "23505", "XX000", "40P01", "40001");

  /** Each loss means that another one has created something: of schema and table there are two. */
  private static final int MORE_TRIES = 5;

  private CreationRace() {}

  /**
   * Does it again where somebody else was first.
   *
   * @param creation a transaction that creates only what is missing
   * @return errors as {@code creation} does where that does not end it
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
