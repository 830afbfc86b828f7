package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.jetstream.direct.DirectPullReader;
import dev.creek.consumer.jetstream.pull.ClientPullReader;
import dev.creek.consumer.jetstream.pull.PullReader;
import dev.creek.consumer.stream.ByteShares;
import io.nats.client.Connection;
import io.nats.client.ConnectionListener.Events;
import io.nats.client.Dispatcher;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The connection that all tables share, through outages. The client reconnects; if it gave up
 * (credentials refused twice), the next caller opens another one.
 *
 * <p>Work that may wait, as publishing does for a lock, runs on {@link #scheduler()}, a separate
 * thread that runs nothing else.
 */
final class Link {
  private static final Logger log = LoggerFactory.getLogger(Link.class);

  /**
   * A connection with its dispatcher, whose one thread receives, for all tables, what comes through
   * the client.
   */
  record Open(Connection connection, Dispatcher dispatcher) {}

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(4);
  private static final Duration FINISH_LIMIT = Duration.ofSeconds(1);
  private static final Duration RECONNECT_PAUSE = Duration.ofSeconds(3);

  private final String servers;
  private final NatsConnector connector;
  private final Scheduler scheduler;
  private final Set<Runnable> lossListeners = ConcurrentHashMap.newKeySet();
  private final Denials denials = new Denials(this::reconnectLater);
  private final AtomicBoolean reconnecting = new AtomicBoolean();
  private final ByteShares readAhead;
  private final PullReader reader;
  private final Set<Mono<Void>> finishing = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Open current;

  /**
   * A connection being made; shared by all callers, and not ended by a cancellation: the client
   * leaves threads and a connection behind if it is interrupted.
   */
  private @Nullable Mono<Open> attempt;

  private volatile boolean up;
  private volatile boolean closed;

  Link(BrokerOptions options) {
    servers = options.serversForPeople();
    connector = new NatsConnector(options);
    readAhead = ByteShares.of(options.maxBytes());
    scheduler =
        Schedulers.fromExecutorService(
            Executors.newSingleThreadScheduledExecutor(Link::thread), "creek-jetstream");
    reader =
        switch (options.reader()) {
          case DIRECT -> new DirectPullReader();
          case CLIENT -> new ClientPullReader(this::execute);
        };
  }

  private static Thread thread(Runnable task) {
    var thread = new Thread(task, "creek-jetstream");
    thread.setDaemon(true);
    return thread;
  }

  private synchronized Mono<Open> attempt() {
    Mono<Open> present = attempt;
    if (present == null) {
      Sinks.One<Open> result = Sinks.one();
      present = result.asMono();
      attempt = present;
      Schedulers.boundedElastic().schedule(() -> connect(result));
    }
    return present;
  }

  private void connect(Sinks.One<Open> result) {
    try {
      Open made = connect();
      endAttempt();
      result.tryEmitValue(made);
    } catch (RuntimeException | Error e) {
      endAttempt();
      result.tryEmitError(e);
    }
  }

  private synchronized void endAttempt() {
    attempt = null;
  }

  private Open connect() {
    if (closed) {
      throw closedByUs();
    }
    var connection = connector.connect((source, event) -> onEvent(event), reader, denials::refused);
    var dispatcher = connection.createDispatcher();
    // Nothing may be dropped: the requests bound what can wait here.
    dispatcher.setPendingLimits(0, 0);
    var made = new Open(connection, dispatcher);
    current = made;
    if (closed) {
      closeQuietly(connection);
      throw closedByUs();
    }
    return made;
  }

  private static boolean isClosed(Open open) {
    return open.connection().getStatus() == Connection.Status.CLOSED;
  }

  /**
   * The connection, if it is up.
   *
   * @return errors with {@link BrokerException.Unavailable} at once if it is not
   */
  Mono<Open> open() {
    return Mono.defer(this::made).map(this::requireConnected);
  }

  private Mono<Open> made() {
    Open last = current;
    return last != null && !isClosed(last) ? Mono.just(last) : attempt();
  }

  private Open requireConnected(Open open) {
    if (closed) {
      throw closedByUs();
    }
    if (open.connection().getStatus() != Connection.Status.CONNECTED) {
      throw new BrokerException.Unavailable("not connected to NATS at " + servers);
    }
    return open;
  }

  /** Tells whether the connection is up now. */
  boolean isConnected() {
    Open last = current;
    return last != null && !closed && last.connection().getStatus() == Connection.Status.CONNECTED;
  }

  static BrokerException.Unavailable closedByUs() {
    return new BrokerException.Unavailable("the connection to NATS was closed by this program");
  }

  /** Tells whether {@link #close} was called: then nothing is tried again. */
  boolean isClosed() {
    return closed;
  }

  /** One thread for work that may wait a moment. */
  Scheduler scheduler() {
    return scheduler;
  }

  /** Runs a task on {@link #scheduler()}; without effect once this is closed. */
  void execute(Runnable task) {
    if (!closed) {
      scheduler.schedule(task);
    }
  }

  /** The way in which messages come in. */
  PullReader reader() {
    return reader;
  }

  /** The bytes that all readers may request and hold. */
  ByteShares readAhead() {
    return readAhead;
  }

  /**
   * Work for which {@link #close} waits a moment: what was begun at the broker is ended there, and
   * does not stay until the broker finds out itself.
   */
  <T> Mono<T> finishing(Mono<T> work) {
    return Mono.defer(
        () -> {
          Sinks.Empty<Void> ended = Sinks.empty();
          Mono<Void> end = ended.asMono();
          finishing.add(end);
          return work.doFinally(
              signal -> {
                finishing.remove(end);
                ended.tryEmitEmpty();
              });
        });
  }

  /** Calls back, on some thread, each time the connection is lost; dispose to end it. */
  Disposable onLoss(Runnable listener) {
    lossListeners.add(listener);
    return () -> lossListeners.remove(listener);
  }

  /** The actions that the server does not allow. */
  Denials denials() {
    return denials;
  }

  private void reconnectLater() {
    if (!closed && reconnecting.compareAndSet(false, true)) {
      Schedulers.boundedElastic()
          .schedule(this::reconnect, RECONNECT_PAUSE.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /** The client does not subscribe again by itself, so it would never receive an answer. */
  private void reconnect() {
    reconnecting.set(false);
    Open last = current;
    if (last != null && !closed) {
      try {
        last.connection().forceReconnect();
      } catch (IOException | IllegalStateException e) {
        log.debug("NATS could not be reconnected: {}", e.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** One after the other; a failed attempt to reconnect is a disconnection, too. */
  private void onEvent(Events event) {
    switch (event) {
      case DISCONNECTED, CLOSED -> {
        if (up && !closed) {
          log.warn("lost the connection to NATS at {}", servers);
        }
        up = false;
        denials.connectionLost();
        lossListeners.forEach(Runnable::run);
      }
      case CONNECTED, RECONNECTED -> {
        log.info("connected to NATS at {}", servers);
        up = true;
      }
      default -> log.debug("NATS: {}", event.getEvent());
    }
  }

  /**
   * Ends the connection, if there is one, once what is {@link #finishing} has ended. One that is
   * being made ends as soon as it is there. Both are waited for, but not without limit.
   */
  Mono<Void> close() {
    return Mono.defer(() -> Mono.when(finishing).timeout(FINISH_LIMIT, Mono.empty()))
        .then(Mono.<Void>fromRunnable(this::disconnect).subscribeOn(Schedulers.boundedElastic()))
        .then(Mono.defer(this::attempted).timeout(CLOSE_LIMIT, Mono.empty()))
        .doFinally(end -> scheduler.dispose());
  }

  private synchronized Mono<Void> attempted() {
    return attempt == null ? Mono.empty() : attempt.then().onErrorComplete();
  }

  private void disconnect() {
    closed = true;
    var last = current;
    if (last != null) {
      closeQuietly(last.connection());
    }
  }

  private static void closeQuietly(Connection connection) {
    try {
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
