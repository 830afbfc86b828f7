package dev.creek.consumer.postgres.session;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.DatabaseOptions.Pooler;
import dev.creek.consumer.api.PoolUse;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import io.r2dbc.spi.ValidationDepth;
import io.r2dbc.spi.Wrapped;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The pool of connections to the target database. Thread-safe. */
public final class Sessions {
  /** In addition to the time for one attempt to connect. */
  private static final Duration ACQUIRE_LIMIT = Duration.ofSeconds(30);

  /**
   * In addition to the statement timeout, which the server enforces: after this time the server is
   * gone.
   */
  private static final Duration ANSWER_MARGIN = Duration.ofSeconds(15);

  /** Firewalls and restarts leave idle connections that look alive; a round trip shows it. */
  private static final Duration TRUSTED_IDLE = Duration.ofSeconds(5);

  private static final Duration VALIDATION_LIMIT = Duration.ofSeconds(3);

  /** Frees server memory that long sessions gather, and follows a changed address. */
  private static final Duration LIFETIME = Duration.ofHours(1);

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  private static final Duration LOOK_INTERVAL = Duration.ofMillis(5);
  private static final String SERVER = "PostgreSQL ";

  private final PostgresqlConnectionFactory factory;
  private final UnaryOperator<Throwable> refusals;
  private final ConnectionPool pool;
  private final Session.@Nullable Shared shared;
  private final Pooler pooler;
  private final Duration acquireLimit;
  private final Duration timeout;
  private final String place;
  private final boolean mayLoseLastCommits;
  private final Set<String> lossyColumns;
  private final Mono<Session> borrowed;
  private volatile boolean closed;
  private final Map<Connection, Long> idleSince = Collections.synchronizedMap(new WeakHashMap<>());

  public Sessions(DatabaseOptions options) {
    this.factory = ConnectionFactories.of(options);
    this.refusals = error -> RefusedReplicationRole.of(error, options.address().user());
    this.pooler = options.pooler();
    this.acquireLimit = ACQUIRE_LIMIT.plus(options.address().connectTimeout());
    this.timeout =
        options.statementTimeout().isZero()
            ? Duration.ZERO
            : options.statementTimeout().plus(ANSWER_MARGIN);
    this.place = SERVER + options;
    this.lossyColumns = options.lossyColumns();
    this.mayLoseLastCommits =
        options.address().settings().keySet().stream()
            .noneMatch("synchronous_commit"::equalsIgnoreCase);
    this.shared =
        options.pooler().keepsSessions()
            ? null
            : new Session.Shared(
                SessionSettings.of(options).beginTransaction(),
                refusals,
                dedicated().map(connection -> session(connection, connection)));
    this.pool = new ConnectionPool(poolOf(options));
    this.borrowed =
        new NonCancellableHandover<>(lent(pool.create(), options.poolSize())).map(this::session);
  }

  /** Asks again for as many connections as may have died while they were idle. */
  private static Mono<Connection> lent(Mono<Connection> pool, int more) {
    return more == 0 ? pool : pool.onErrorResume(Sessions::isStale, e -> lent(pool, more - 1));
  }

  /**
   * Recognises by its message that the pool found a dead connection before lending it, such as one
   * that a cancelled statement closed.
   */
  private static boolean isStale(Throwable error) {
    return error instanceof StaleConnection
        || (error instanceof R2dbcNonTransientResourceException
            && "Connection validation failed".equals(error.getMessage()));
  }

  private ConnectionPoolConfiguration poolOf(DatabaseOptions options) {
    var connecting = new Connecting(factory, options.address().connectTimeout(), refusals);
    return ConnectionPoolConfiguration.builder(connecting)
        .initialSize(0)
        .maxSize(options.poolSize())
        .acquireRetry(0)
        .maxAcquireTime(acquireLimit)
        .postAllocate(this::validateIfIdle)
        .preRelease(connection -> Mono.fromRunnable(() -> markIdle(connection)))
        .customizer(
            pool ->
                // The one used last has prepared what is written now.
                pool.idleResourceReuseMruOrder()
                    .evictionPredicate(
                        (connection, usage) ->
                            usage.lifeTime() > LIFETIME.toMillis() || !isOpen(connection)))
        .build();
  }

  private void markIdle(Connection connection) {
    idleSince.put(connection, System.nanoTime());
  }

  /** Local validation looks at the channel's state and answers at once. */
  private static boolean isOpen(Connection connection) {
    return Mono.from(connection.validate(ValidationDepth.LOCAL)).toFuture().getNow(false);
  }

  private Mono<Void> validateIfIdle(Connection connection) {
    Long since = idleSince.remove(connection);
    if (since == null || System.nanoTime() - since < TRUSTED_IDLE.toNanos()) {
      return Mono.empty();
    }
    return Mono.from(connection.validate(ValidationDepth.REMOTE))
        .timeout(VALIDATION_LIMIT, Mono.just(false))
        .flatMap(valid -> valid ? Mono.empty() : Mono.error(new StaleConnection()));
  }

  private Session session(Connection pooled) {
    return session(pooled, ((Wrapped<?>) pooled).unwrap(PostgresqlConnection.class));
  }

  private Session session(Connection lent, PostgresqlConnection connection) {
    return new Session(lent, connection, timeout, lossyColumns, shared);
  }

  /** A session that the caller must end. Errors are the driver's. */
  public Mono<Session> borrow() {
    return Mono.defer(() -> closed ? Mono.error(new ClosedByUs()) : borrowed);
  }

  /** Lends a session to {@code work}; an error says that {@code what} failed. */
  public <T> Mono<T> use(String what, Function<Session, Mono<T>> work) {
    return use(what, SqlHints.NONE, work);
  }

  /** Lends a session to {@code work} and takes it back however that ends. */
  public <T> Mono<T> use(String what, SqlHints hints, Function<Session, Mono<T>> work) {
    return Mono.usingWhen(
            borrow(), work, Session::end, (session, error) -> session.end(), Session::end)
        .onErrorMap(e -> SqlErrors.described(e, what, place, hints));
  }

  /** The same inside a transaction, which commits when {@code work} completes. */
  public <T> Mono<T> transaction(String what, SqlHints hints, Function<Session, Mono<T>> work) {
    // The commit belongs to the work: as an ending its failure would come wrapped.
    return use(
        what,
        hints,
        session ->
            session
                .begin()
                .then(Mono.defer(() -> work.apply(session)))
                .flatMap(result -> session.commit().thenReturn(result))
                .switchIfEmpty(session.commit().then(Mono.empty())));
  }

  /** A separate connection, outside the pool. */
  public Mono<PostgresqlConnection> dedicated() {
    return Mono.defer(() -> closed ? Mono.error(new ClosedByUs()) : factory.create())
        .onErrorMap(refusals)
        .timeout(acquireLimit);
  }

  /**
   * Completes unless sessions, which are ours according to the options, are seen to be shared.
   * Checked only if a pooler is named: without one the settings show it, with each connection.
   */
  public Mono<Void> requireKept() {
    return pooler == Pooler.SESSION
        ? SharedSessions.areNone(this)
            .onErrorMap(e -> SqlErrors.described(e, "sessions", place, SqlHints.NONE))
        : Mono.empty();
  }

  public PoolUse poolUse() {
    return pool.getMetrics()
        .map(
            now ->
                new PoolUse(
                    now.getMaxAllocatedSize(),
                    now.allocatedSize(),
                    now.acquiredSize(),
                    now.pendingAcquireSize()))
        .orElse(PoolUse.NONE);
  }

  /** Tells whether the URI leaves open how long a commit waits. */
  public boolean mayLoseLastCommits() {
    return mayLoseLastCommits;
  }

  /** The database, without the password: {@code user@host:port/name}. */
  public String database() {
    return place.substring(SERVER.length());
  }

  /** The server, without the password. */
  public String place() {
    return place;
  }

  /**
   * Lends nothing more, and closes all connections once they are given back, which is waited for,
   * but not without limit. If the pool is closed while a connection is on its way back, it counts
   * wrong, and prints so.
   */
  public Mono<Void> close() {
    return Mono.fromRunnable(() -> closed = true)
        .thenMany(Flux.interval(Duration.ZERO, LOOK_INTERVAL))
        .takeUntil(look -> isQuiet())
        .onBackpressureDrop()
        .then()
        .timeout(CLOSE_LIMIT, Mono.empty())
        .then(pool.disposeLater());
  }

  private boolean isQuiet() {
    return pool.getMetrics()
        .map(now -> now.pendingAcquireSize() == 0 && now.allocatedSize() == now.idleSize())
        .orElse(true);
  }

  /**
   * Bounds the whole time to connect. The driver's own bound ends with the TCP handshake, and the
   * pool's bound does not distinguish a silent server from a pool without a free connection.
   *
   * @param limit zero for none
   * @param refusals see {@link RefusedReplicationRole}
   */
  private record Connecting(
      ConnectionFactory factory, Duration limit, UnaryOperator<Throwable> refusals)
      implements ConnectionFactory {
    @Override
    public Publisher<Connection> create() {
      Mono<Connection> connection = Mono.<Connection>from(factory.create()).onErrorMap(refusals);
      return limit.isZero() ? connection : connection.timeout(limit, Mono.error(this::silent));
    }

    private R2dbcNonTransientResourceException silent() {
      return new R2dbcNonTransientResourceException(
          "no connection within " + limit.toSeconds() + " s", "08001");
    }

    @Override
    public ConnectionFactoryMetadata getMetadata() {
      return factory.getMetadata();
    }
  }

  /** The pool is closed. */
  private static final class ClosedByUs extends R2dbcNonTransientResourceException {
    private static final long serialVersionUID = 1L;

    ClosedByUs() {
      super("the connections were closed by this program", "08003");
    }
  }

  /** A connection from the pool that no longer answers; the pool has another, or makes one. */
  private static final class StaleConnection extends R2dbcNonTransientResourceException {
    private static final long serialVersionUID = 1L;

    StaleConnection() {
      super("the connection no longer answers", "08006");
    }
  }
}
