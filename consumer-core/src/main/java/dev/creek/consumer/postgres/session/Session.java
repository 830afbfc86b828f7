package dev.creek.consumer.postgres.session;

import dev.creek.consumer.api.DatabaseOptions;
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
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A connection borrowed from the pool: one statement at a time, then {@link #end()}. Only {@code
 * end} may be called from another thread, and during a statement.
 */
public final class Session {
  /** Time for a server to notice that a statement is no longer wanted. */
  private static final Duration CANCEL_LIMIT = Duration.ofSeconds(2);

  private final Connection pooled;
  private final PostgresqlConnection connection;
  private final Duration timeout;
  private final Set<String> lossyColumns;
  private final @Nullable Shared shared;
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile boolean busy;
  private volatile boolean inTransaction;
  private volatile boolean unhurried;
  private volatile String atEnd = "";

  /** Holds the locks that this session cannot hold itself. */
  private volatile @Nullable Session holder;

  /**
   * The needs of a session in which nothing survives a transaction, settings included.
   *
   * @param begin begins a transaction
   * @param refusals the error of a beginning, as {@link RefusedReplicationRole} tells it
   * @param another a session on a separate connection, to be ended
   */
  record Shared(String begin, UnaryOperator<Throwable> refusals, Mono<Session> another) {}

  /**
   * @param timeout bound of one statement's answer; zero for none
   * @param lossyColumns see {@link DatabaseOptions.Builder#lossyColumns}
   * @param shared null if the session is ours until it is given back
   */
  Session(
      Connection pooled,
      PostgresqlConnection connection,
      Duration timeout,
      Set<String> lossyColumns,
      @Nullable Shared shared) {
    this.pooled = pooled;
    this.connection = connection;
    this.timeout = timeout;
    this.lossyColumns = lossyColumns;
    this.shared = shared;
  }

  /** Tells whether what a statement leaves in the session is there for the next one. */
  public boolean isKept() {
    return shared == null;
  }

  /** Columns in which values may differ from the source's, as {@code schema.table.column}. */
  public Set<String> lossyColumns() {
    return lossyColumns;
  }

  /** Runs a statement; returns the number of rows affected. */
  public Mono<Long> update(String sql, Consumer<PostgresqlStatement> bind) {
    return within(
        watched(
            results(sql, bind).concatMap(PostgresqlResult::getRowsUpdated).reduce(0L, Long::sum)));
  }

  /** Runs statements without parameters. */
  public Mono<Void> execute(String sql) {
    return update(sql, statement -> {}).then();
  }

  /** Runs a query to its end; emits its rows in order. */
  public <T> Flux<T> query(
      String sql, Consumer<PostgresqlStatement> bind, Function<? super Readable, T> row) {
    return within(watched(results(sql, bind).concatMap(result -> result.map(row)).collectList()))
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
   * @param data pieces of the data. They must not error, and end by themselves: a COPY cannot be
   *     taken back, and a session that is cancelled in the middle of one is closed by {@link #end}
   */
  public Mono<Void> copyIn(String sql, Flux<ByteBuf> data) {
    return within(watched(connection.copyIn(sql).fromMany(data.map(Mono::just)).build())).then();
  }

  /**
   * Takes an advisory lock. {@link #end} frees it, and so does the server when the session breaks.
   */
  public Mono<Void> lock(long key) {
    return shared == null
        ? execute("select pg_catalog.pg_advisory_lock(" + key + ")")
            .doOnSubscribe(s -> unlockAtEnd(key))
        : holding(shared, by -> by.execute("select pg_catalog.pg_advisory_xact_lock(" + key + ")"));
  }

  /** The same if it is free; false if another session has it. */
  public Mono<Boolean> tryLock(long key) {
    return shared == null
        ? isTrue("select pg_catalog.pg_try_advisory_lock(" + key + ")")
            .doOnNext(
                locked -> {
                  if (locked) {
                    unlockAtEnd(key);
                  }
                })
        : holding(
            shared, by -> by.isTrue("select pg_catalog.pg_try_advisory_xact_lock(" + key + ")"));
  }

  private void unlockAtEnd(long key) {
    atEnd("select pg_catalog.pg_advisory_unlock(" + key + ")");
  }

  private Mono<Boolean> isTrue(String sql) {
    return query(sql, statement -> {}, row -> Boolean.TRUE.equals(row.get(0, Boolean.class)))
        .single();
  }

  /**
   * Takes a lock in a transaction that is open until {@link #end()}, on a separate connection. It
   * reads and writes nothing else, so it does not prevent vacuum.
   */
  private <T> Mono<T> holding(Shared sharing, Function<Session, Mono<T>> locking) {
    return Mono.defer(
            () -> {
              Session there = holder;
              return there != null ? Mono.just(there) : holder(sharing);
            })
        .flatMap(locking);
  }

  private Mono<Session> holder(Shared sharing) {
    return sharing
        .another()
        .doOnNext(session -> holder = session)
        // Ended in the meantime: then no other call ends it.
        .flatMap(session -> ended.get() ? endHolder().then(Mono.empty()) : Mono.just(session))
        .flatMap(
            session ->
                session
                    .begin()
                    .then(session.execute("set local idle_in_transaction_session_timeout = 0"))
                    .thenReturn(session));
  }

  private Mono<Void> endHolder() {
    return Mono.defer(
        () -> {
          Session session = holder;
          holder = null;
          return session == null ? Mono.empty() : session.end();
        });
  }

  /** Registers a statement that runs before the connection is given back. */
  public void atEnd(String sql) {
    atEnd = atEnd.isEmpty() ? sql : atEnd + "; " + sql;
  }

  public Mono<Void> begin() {
    Mono<Void> beginning =
        shared == null
            ? connection.beginTransaction()
            : results(shared.begin(), statement -> {})
                .concatMap(PostgresqlResult::getRowsUpdated)
                .then()
                .onErrorMap(shared.refusals());
    return watched(beginning.doOnSubscribe(s -> inTransaction = true));
  }

  /** A single statement is a transaction, too, which needs its settings. */
  private <T> Mono<T> within(Mono<T> work) {
    return shared == null
        ? work
        : Mono.defer(
            () ->
                inTransaction
                    ? work
                    : begin()
                        .then(work)
                        .flatMap(result -> commit().thenReturn(result))
                        .switchIfEmpty(Mono.defer(this::commit).then(Mono.empty()))
                        .onErrorResume(e -> rollback().onErrorComplete().then(Mono.error(e))));
  }

  /**
   * Begins a transaction whose statements may take as long as they need: building an index, or
   * joining two large tables.
   */
  public Mono<Void> beginUnhurried() {
    return begin().then(unhurried());
  }

  /** From here on the statements of the open transaction may take as long as they need. */
  public Mono<Void> unhurried() {
    return execute("set local statement_timeout = 0").doOnSuccess(nothing -> unhurried = true);
  }

  public Mono<Void> commit() {
    return watched(connection.commitTransaction()).doOnSuccess(nothing -> endTransaction());
  }

  /** Ends the transaction without effect; keeps the session. */
  public Mono<Void> rollback() {
    return watched(connection.rollbackTransaction()).doOnSuccess(nothing -> endTransaction());
  }

  private void endTransaction() {
    inTransaction = false;
    unhurried = false;
  }

  private <T> Mono<T> watched(Mono<T> work) {
    Mono<T> observed = work.doOnSubscribe(s -> busy = true).doOnTerminate(() -> busy = false);
    // Outside: a statement that was given up is still running.
    return Mono.defer(() -> timeout.isZero() || unhurried ? observed : observed.timeout(timeout));
  }

  /**
   * Gives the connection back, whatever its state: rolled back if a transaction is open, closed if
   * a statement is still running (after a cancellation), or if the server is in a transaction of
   * which this session does not know. Never fails.
   */
  public Mono<Void> end() {
    return Mono.defer(
        () -> ended.compareAndSet(false, true) ? settled().then(endHolder()) : Mono.empty());
  }

  private Mono<Void> settled() {
    return Mono.defer(
        () -> {
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
   * The server drops the statement and, when it sees the connection closed, its transaction. If the
   * connection were returned as it is, its next user would wait for our statement.
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
