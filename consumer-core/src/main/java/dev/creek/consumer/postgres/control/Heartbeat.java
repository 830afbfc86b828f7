package dev.creek.consumer.postgres.control;

import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.postgres.session.SqlHints;
import dev.creek.consumer.retry.Backoff;
import dev.creek.consumer.stream.OutageLog;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.retry.Retry;

/**
 * Shows this process in {@code instances} while it works there, and reads the others. There is one
 * for the whole process, on a separate connection: a busy pool must not make an instance look dead.
 * NOTIFY announces other instances when they come, go, or change what they hold; the heartbeat
 * finds those that went silently.
 */
public final class Heartbeat {
  /** Interval of heartbeats. */
  static final Duration INTERVAL = Duration.ofSeconds(1);

  private static final Logger log = LoggerFactory.getLogger(Heartbeat.class);
  private static final Backoff RECONNECT =
      Backoff.of(Duration.ofMillis(200), Duration.ofSeconds(2));

  /**
   * If a server is silent for longer, another connection is tried before this process looks dead.
   */
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(2);

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

  /** How long a change waits for another one that is reported at the same moment. */
  private static final Duration EMIT_PATIENCE = Duration.ofSeconds(1);

  /** A beat includes whatever became due during the one before. */
  private static final int ON_DEMAND = 0;

  private final Sessions sessions;
  private final InstanceSql sql;
  private final String onConnect;
  private final AtomicInteger users = new AtomicInteger();
  private final AtomicInteger servers = new AtomicInteger();
  private final ConcurrentMap<TargetTable, Integer> snapshots = new ConcurrentHashMap<>();
  private final AtomicLong changes = new AtomicLong();
  private final AtomicLong connections = new AtomicLong();
  private final Sinks.Many<Long> changed = Sinks.many().multicast().directBestEffort();
  private final OutageLog outage;
  private final Flux<Beat> beats;

  /**
   * @param ownSessions whether a connection keeps its server process, which it does not behind a
   *     pooler in transaction mode
   */
  public Heartbeat(Sessions sessions, InstanceSql sql, boolean ownSessions) {
    this.sessions = sessions;
    this.sql = sql;
    // A beat that a crash of the server forgets is no loss, and must not wait for a slow disk.
    this.onConnect =
        ownSessions ? "set synchronous_commit = off; listen " + InstanceSql.CHANNEL : "select 1";
    this.outage =
        new OutageLog(
            log, "Other instances cannot see this one", "Other instances can see this one again");
    this.beats =
        new Counted<>(
            Flux.usingWhen(sessions.dedicated(), this::beatsOn, Heartbeat::close)
                .doOnNext(beat -> outage.over())
                .retryWhen(
                    RECONNECT
                        .retries()
                        .transientErrors(true)
                        .filter(Heartbeat::mayPass)
                        .doBeforeRetry(this::warn))
                .onErrorMap(e -> SqlErrors.described(e, "heartbeat", sql::hint))
                .replay(1)
                .refCount());
  }

  /**
   * The state of all processes, this one included.
   *
   * @param connection number of the connection: another one means that there was an outage
   * @param changes number of this process's changes that the others can see by now
   * @param rows all that have not left
   */
  record Beat(long connection, long changes, List<Row> rows) {}

  /**
   * A process.
   *
   * @param serving whether it takes a share of the tables
   * @param alive whether it had a recent heartbeat, and its session still exists
   * @param grouping null if it does not tell
   */
  record Row(String id, boolean serving, boolean alive, @Nullable Grouping grouping) {}

  /**
   * Shows this process as one that takes a share of the tables while {@code work} runs.
   *
   * @param work gets the beats from the one that shows it; must be subscribed to them throughout
   */
  <T> Flux<T> serving(Function<Flux<Beat>, Flux<T>> work) {
    return shown(servers::incrementAndGet, servers::decrementAndGet, work);
  }

  /** Shows this process as one that takes a snapshot of the table while {@code work} runs. */
  <T> Flux<T> holding(TargetTable target, Function<Flux<Beat>, Flux<T>> work) {
    return shown(
        () -> snapshots.merge(target, 1, Integer::sum),
        () -> snapshots.computeIfPresent(target, (t, n) -> n == 1 ? null : n - 1),
        work);
  }

  private <T> Flux<T> shown(Runnable begin, Runnable end, Function<Flux<Beat>, Flux<T>> work) {
    Mono<Long> entered =
        Mono.fromCallable(
            () -> {
              users.incrementAndGet();
              return change(begin);
            });
    Mono<Void> leaving =
        Mono.defer(
            () -> {
              change(end);
              return users.decrementAndGet() == 0 ? leave() : Mono.empty();
            });
    return Flux.usingWhen(
        entered,
        change -> work.apply(beats.filter(beat -> beat.changes() >= change).onBackpressureLatest()),
        change -> leaving,
        (change, error) -> leaving,
        change -> leaving);
  }

  private long change(Runnable what) {
    what.run();
    long number = changes.incrementAndGet();
    changed.emitNext(number, Sinks.EmitFailureHandler.busyLooping(EMIT_PATIENCE));
    return number;
  }

  /** If the server is away, the others find out by themselves. */
  private Mono<Void> leave() {
    return sessions
        .use("leaving", session -> session.update(sql.leave(), sql::bindId))
        .timeout(CLOSE_LIMIT)
        .doOnError(e -> log.debug("{} could not be reported: {}", sessions.place(), e.getMessage()))
        .onErrorComplete()
        .then();
  }

  private Flux<Beat> beatsOn(PostgresqlConnection connection) {
    long number = connections.incrementAndGet();
    Flux<Long> notified = connection.getNotifications().map(notification -> number);
    Mono<Long> listening =
        connection
            .createStatement(onConnect)
            .execute()
            .concatMap(PostgresqlResult::getRowsUpdated)
            .then(Mono.just(number));
    return Flux.merge(
            notified.concatWith(
                Mono.error(() -> new TimeoutException("the connection was closed"))),
            listening,
            changed.asFlux(),
            Flux.interval(INTERVAL))
        .onBackpressureLatest()
        .concatMap(due -> beat(connection, number).timeout(ANSWER_LIMIT), ON_DEMAND);
  }

  private Mono<Beat> beat(PostgresqlConnection connection, long number) {
    return Mono.defer(
        () -> {
          long shown = changes.get();
          var statement = connection.createStatement(sql.beat());
          sql.bindBeat(statement, servers.get() > 0, snapshots.keySet());
          return statement
              .execute()
              .concatMap(result -> result.map(Heartbeat::row))
              .collectList()
              .map(rows -> new Beat(number, shown, rows));
        });
  }

  private static Row row(Readable row) {
    return new Row(
        Objects.requireNonNull(row.get("id", String.class)),
        Boolean.TRUE.equals(row.get("serving", Boolean.class)),
        Boolean.TRUE.equals(row.get("alive", Boolean.class)),
        Grouping.parse(row.get("grouping", String.class)));
  }

  private static Mono<Void> close(PostgresqlConnection connection) {
    return connection.close().timeout(CLOSE_LIMIT).onErrorComplete();
  }

  /** A missing schema or privilege does not come back by itself. */
  private static boolean mayPass(Throwable error) {
    String state = SqlErrors.sqlState(error);
    return state == null || !(state.startsWith("42") || state.startsWith("3F"));
  }

  private void warn(Retry.RetrySignal retry) {
    outage.failed(SqlErrors.described(retry.failure(), sessions.place(), SqlHints.NONE));
  }
}
