package dev.creek.consumer.postgres.session;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import java.util.Objects;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Finds out whether a pooler gives one server process to several of our connections. Without a
 * pooler, or with one in session mode, two open connections never have the same process, and one
 * connection never has two.
 */
public final class SharedSessions {
  /** A pool that is busy, or uses its processes in turns, may hide it once. */
  private static final int LOOKS = 5;

  private SharedSessions() {}

  /** True is proof; false is not, if a pooler is very busy. Opens two connections. */
  public static Mono<Boolean> areSeen(Sessions sessions) {
    return Mono.usingWhen(
        sessions.dedicated(),
        one ->
            Mono.usingWhen(
                sessions.dedicated(), other -> areSeen(one, other), SharedSessions::close),
        SharedSessions::close);
  }

  /** A pooler may have closed it after a refusal: that refusal is reported. */
  private static Mono<Void> close(PostgresqlConnection connection) {
    return connection.close().onErrorComplete();
  }

  private static Mono<Boolean> areSeen(PostgresqlConnection one, PostgresqlConnection other) {
    return Flux.concat(process(one), process(other), process(one))
        .collectList()
        .map(seen -> seen.get(0).equals(seen.get(1)) || !seen.get(0).equals(seen.get(2)))
        .repeat(LOOKS - 1)
        .any(shared -> shared);
  }

  private static Mono<Integer> process(PostgresqlConnection connection) {
    return connection
        .createStatement("select pg_catalog.pg_backend_pid()")
        .execute()
        .concatMap(
            (PostgresqlResult result) ->
                result.map(row -> Objects.requireNonNull(row.get(0, Integer.class))))
        .single();
  }

  /** Completes if sessions are ours, as far as can be seen. */
  static Mono<Void> areNone(Sessions sessions) {
    return areSeen(sessions)
        .flatMap(shared -> shared ? Mono.error(PoolerErrors.shared()) : Mono.empty());
  }
}
