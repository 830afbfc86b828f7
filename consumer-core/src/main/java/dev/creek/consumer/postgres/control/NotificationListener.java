package dev.creek.consumer.postgres.control;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.postgres.session.SqlHints;
import dev.creek.consumer.retry.Backoff;
import dev.creek.consumer.stream.OutageLog;
import dev.creek.consumer.stream.Subscriptions.Signal;
import dev.creek.consumer.text.ErrorWords;
import io.r2dbc.postgresql.api.Notification;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.r2dbc.spi.ValidationDepth;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Listens on a separate connection. The order matters: subscribe, LISTEN, then emit "look". A
 * notification sent before any of these is lost, so a subscriber that looks after the first signal,
 * and after each reconnect, has missed nothing. Notifications are never counted: those without
 * demand become one signal.
 */
final class NotificationListener {
  static final String CHANNEL = "creek_consumer";

  private static final Logger log = LoggerFactory.getLogger(NotificationListener.class);

  /** Interval of checks if the database cannot be listened to. */
  private static final Duration DEAF_INTERVAL = Duration.ofSeconds(2);

  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

  private final Sessions sessions;
  private final Duration tick;
  private final String onConnect;
  private final Flux<Signal> shared;
  private final OutageLog outage;
  private final Sinks.Many<String> payloads = Sinks.many().multicast().directBestEffort();
  private volatile boolean listening;

  NotificationListener(Sessions sessions, DatabaseOptions options) {
    boolean hears = options.pooler().keepsSessions();
    this.sessions = sessions;
    this.tick =
        hears || options.wakeInterval().compareTo(DEAF_INTERVAL) < 0
            ? options.wakeInterval()
            : DEAF_INTERVAL;
    // What a session of a pooler listens to is heard by the next user of that session.
    this.onConnect = hears ? "listen " + CHANNEL : "select 1";
    this.outage =
        new OutageLog(
            log,
            "Nothing can be listened to, so commands are looked for every "
                + ErrorWords.shown(tick),
            "Commands are listened for again");
    // A later subscriber gets a signal at once: one look too many costs nothing.
    this.shared = new Counted<>(Flux.merge(listen(), ticks()).replay(1).refCount());
  }

  /**
   * Tells whether the listening connection answered when it was last checked, at most a tick ago.
   */
  boolean isListening() {
    return listening;
  }

  /** All subscribers share the connection; it is closed when the last one has gone. */
  Flux<Signal> signals() {
    return shared.onBackpressureLatest();
  }

  /**
   * Payloads of notifications, while {@link #signals} is subscribed to. A slow subscriber misses
   * some.
   */
  Flux<String> payloads() {
    return payloads.asFlux();
  }

  private Flux<Signal> listen() {
    return Flux.usingWhen(sessions.dedicated(), this::signalsOf, PostgresqlConnection::close)
        .doOnNext(signal -> heard())
        .doFinally(end -> listening = false)
        .retryWhen(
            Backoff.OUTAGE
                .retries()
                .transientErrors(true)
                .doBeforeRetry(
                    retry ->
                        outage.failed(
                            SqlErrors.described(
                                retry.failure(), sessions.place(), SqlHints.NONE))));
  }

  private void heard() {
    if (!listening) {
      listening = true;
      outage.over();
    }
  }

  private Flux<Signal> signalsOf(PostgresqlConnection connection) {
    Flux<Signal> notified =
        connection
            .getNotifications()
            .doOnNext(this::pass)
            .map(notification -> Signal.WAKE)
            .onBackpressureLatest();
    Mono<Signal> listening =
        connection
            .createStatement(onConnect)
            .execute()
            .concatMap(PostgresqlResult::getRowsUpdated)
            .then(Mono.just(Signal.WAKE));
    // A notification's own end (the connection was closed) is an error: the flux must go on.
    return Flux.merge(
        notified.concatWith(Mono.error(() -> new TimeoutException("the connection was closed"))),
        listening,
        heartbeats(connection));
  }

  private void pass(Notification notification) {
    String payload = notification.getParameter();
    if (payload != null && !payload.isEmpty()) {
      payloads.tryEmitNext(payload);
    }
  }

  /** Independent of the connection: a pooler may refuse LISTEN, or swallow notifications. */
  private Flux<Signal> ticks() {
    return Flux.interval(tick).onBackpressureDrop().map(n -> Signal.WAKE);
  }

  /**
   * A connection that was cut silently would be listened to forever, so it is queried now and then.
   */
  private Mono<Signal> heartbeats(PostgresqlConnection connection) {
    return Flux.interval(tick)
        .onBackpressureDrop()
        .concatMap(n -> heartbeat(connection), 1)
        .then(Mono.empty());
  }

  private static Mono<Void> heartbeat(PostgresqlConnection connection) {
    return connection
        .validate(ValidationDepth.REMOTE)
        .timeout(ANSWER_LIMIT, Mono.just(false))
        .flatMap(
            valid ->
                valid
                    ? Mono.empty()
                    : Mono.error(new TimeoutException("no answer from the server")));
  }
}
