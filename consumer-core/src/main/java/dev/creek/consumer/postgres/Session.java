package dev.creek.consumer.postgres;

import io.netty.buffer.ByteBuf;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.r2dbc.postgresql.api.PostgresqlStatement;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A connection on loan from the pool: one statement at a time, then {@link #end()}. Only {@code
 * end} may be called from another thread, and while a statement is under way.
 */
final class Session {
  /** What a server gets to take notice that a statement is no longer wanted. */
  private static final Duration CANCEL_LIMIT = Duration.ofSeconds(2);

  private final Connection pooled;
  private final PostgresqlConnection connection;
  private final Duration patience;
  private final Set<String> lossyColumns;
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile boolean busy;
  private volatile boolean inTransaction;
  private volatile boolean unhurried;
  private volatile String atEnd = "";

  /**
   * @param patience bound of one statement's answer; zero for none
   * @param lossyColumns see {@link PostgresOptions.Builder#lossyColumns}
   */
  Session(
      Connection pooled,
      PostgresqlConnection connection,
      Duration patience,
      Set<String> lossyColumns) {
    this.pooled = pooled;
    this.connection = connection;
    this.patience = patience;
    this.lossyColumns = lossyColumns;
  }

  /** Columns in which values may be other than the source's, as {@code schema.table.column}. */
  Set<String> lossyColumns() {
    return lossyColumns;
  }

  /** Runs a statement; the number of rows that it touched. */
  Mono<Long> update(String sql, Consumer<PostgresqlStatement> bind) {
    return watched(
        results(sql, bind).concatMap(PostgresqlResult::getRowsUpdated).reduce(0L, Long::sum));
  }

  /** Runs statements without parameters. */
  Mono<Void> execute(String sql) {
    return update(sql, statement -> {}).then();
  }

  /** Runs a query to its end; its rows in order. */
  <T> Flux<T> query(
      String sql, Consumer<PostgresqlStatement> bind, Function<? super Readable, T> row) {
    return watched(results(sql, bind).concatMap(result -> result.map(row)).collectList())
        .flatMapIterable(Function.identity());
  }

  private Flux<PostgresqlResult> results(String sql, Consumer<PostgresqlStatement> bind) {
    return Flux.defer(
        () -> {
          PostgresqlStatement statement = connection.createStatement(sql);
          bind.accept(statement);
          return statement.execute();
        });
  }

  /**
   * Copies rows in.
   *
   * @param sql {@code copy … from stdin}; with other statements, all are one transaction
   * @param data pieces of what is copied. They must not error, and end by themselves: a COPY cannot
   *     be taken back, a session that is cancelled in the middle of one is closed by {@link #end}
   */
  Mono<Void> copyIn(String sql, Flux<ByteBuf> data) {
    return watched(connection.copyIn(sql).fromMany(data.map(Mono::just)).build()).then();
  }

  /**
   * Takes an advisory lock, which {@link #end} frees, as does the server when the session breaks.
   */
  Mono<Void> lock(long key) {
    return execute("select pg_catalog.pg_advisory_lock(" + key + ")")
        .doOnSubscribe(s -> atEnd("select pg_catalog.pg_advisory_unlock(" + key + ")"));
  }

  /** Leaves a statement to be run before the connection is given back. */
  void atEnd(String sql) {
    atEnd = atEnd.isEmpty() ? sql : atEnd + "; " + sql;
  }

  Mono<Void> begin() {
    return watched(connection.beginTransaction().doOnSubscribe(s -> inTransaction = true));
  }

  /**
   * Begins a transaction whose statements may take as long as they need: building an index, or
   * joining two large tables.
   */
  Mono<Void> beginUnhurried() {
    return begin().then(unhurried());
  }

  /** From here on the statements of the open transaction may take as long as they need. */
  Mono<Void> unhurried() {
    return execute("set local statement_timeout = 0").doOnSuccess(nothing -> unhurried = true);
  }

  Mono<Void> commit() {
    return watched(connection.commitTransaction()).doOnSuccess(nothing -> endTransaction());
  }

  /** Ends the transaction without effect; keeps the session. */
  Mono<Void> rollback() {
    return watched(connection.rollbackTransaction()).doOnSuccess(nothing -> endTransaction());
  }

  private void endTransaction() {
    inTransaction = false;
    unhurried = false;
  }

  private <T> Mono<T> watched(Mono<T> work) {
    Mono<T> observed = work.doOnSubscribe(s -> busy = true).doOnTerminate(() -> busy = false);
    // Outside: a statement that was given up is still under way.
    return Mono.defer(() -> patience.isZero() || unhurried ? observed : observed.timeout(patience));
  }

  /**
   * Gives the connection back, whatever its state: rolled back where a transaction is open, closed
   * where a statement is still under way (after a cancellation), or where the server is in a
   * transaction that this session knows nothing of. Never fails.
   */
  Mono<Void> end() {
    return Mono.defer(
        () -> {
          if (!ended.compareAndSet(false, true)) {
            return Mono.empty();
          }
          if (busy) {
            return abandon();
          }
          Mono<Void> settled = inTransaction ? rollback() : Mono.empty();
          return settled
              .then(Mono.defer(() -> atEnd.isEmpty() ? Mono.empty() : execute(atEnd)))
              .then(Mono.defer(() -> connection.isAutoCommit() ? giveBack() : abandon()))
              .onErrorResume(e -> abandon());
        });
  }

  /**
   * The server drops the statement and, seeing the connection closed, its transaction. Returned as
   * it is, the connection would make its next user wait for our statement.
   */
  private Mono<Void> abandon() {
    return connection
        .cancelRequest()
        .timeout(CANCEL_LIMIT)
        .onErrorComplete()
        .then(connection.close().timeout(CANCEL_LIMIT).onErrorComplete())
        .then(giveBack())
        .onErrorComplete();
  }

  private Mono<Void> giveBack() {
    return Mono.from(pooled.close());
  }
}
