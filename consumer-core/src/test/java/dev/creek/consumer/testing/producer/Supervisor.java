package dev.creek.consumer.testing.producer;

import io.nats.client.JetStreamApiException;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From a start to a stop: one session after another, on a thread of its own. */
final class Supervisor {
  private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);
  private static final long FIRST_PAUSE_MILLIS = 50;
  private static final long LONGEST_PAUSE_MILLIS = 1_000;
  private static final long LASTING_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final int UNAVAILABLE = 503;

  /** Connection trouble, resources, slot still in use, shutdown, and what has no state. */
  private static final Set<String> TRANSIENT_CLASSES = Set.of("08", "53", "55", "57", "58");

  private final ProducerSettings settings;
  private final Ledger ledger;
  private final Thread thread;
  private final CompletableFuture<Void> streaming = new CompletableFuture<>();
  private final CountDownLatch stopping = new CountDownLatch(1);
  private @Nullable Session session;
  private volatile @Nullable Throwable failure;
  private volatile @Nullable Throwable trouble;

  Supervisor(ProducerSettings settings, Ledger ledger) {
    this.settings = settings;
    this.ledger = ledger;
    this.thread = new Thread(this::supervise, "creek-producer-for-tests " + settings.database());
    thread.setDaemon(true);
    thread.start();
  }

  boolean isRunning() {
    return failure == null && stopping.getCount() > 0;
  }

  Optional<Throwable> failure() {
    return Optional.ofNullable(failure);
  }

  Optional<Throwable> trouble() {
    return Optional.ofNullable(trouble);
  }

  /** Returns when the first session streams. */
  void awaitStreaming(Duration timeout) {
    try {
      streaming.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the producer did not start: " + e.getCause(), e.getCause());
    } catch (TimeoutException e) {
      throw new IllegalStateException("the producer did not start: " + trouble, trouble);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  void stop() {
    stopping.countDown();
    synchronized (this) {
      if (session != null) {
        session.stop();
      }
    }
    join();
  }

  void kill() {
    stopping.countDown();
    synchronized (this) {
      if (session != null) {
        session.abort();
      }
    }
    thread.interrupt(); // it may wait for an acknowledgement or for room
    join();
  }

  private void supervise() {
    long pauseMillis = FIRST_PAUSE_MILLIS;
    while (isRunning()) {
      long startedNanos = System.nanoTime();
      try {
        runSession();
      } catch (IOException | SQLException | JetStreamApiException e) {
        troubled(e);
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException | Error e) {
        failed(e);
      }
      boolean lasted = System.nanoTime() - startedNanos > LASTING_NANOS;
      pauseMillis = lasted ? FIRST_PAUSE_MILLIS : Math.min(pauseMillis * 2, LONGEST_PAUSE_MILLIS);
      pause(pauseMillis);
    }
  }

  private void runSession()
      throws IOException, SQLException, JetStreamApiException, InterruptedException {
    try (Session current = Session.open(settings, ledger)) {
      use(current);
      if (!isRunning()) {
        current.stop();
      }
      streaming.complete(null);
      current.run();
    } finally {
      use(null);
    }
  }

  private synchronized void use(@Nullable Session current) {
    session = current;
  }

  private void troubled(Exception e) {
    if (!isRunning()) {
      return; // it was to end
    }
    if (isTransient(e)) {
      LOG.debug("producer of {} starts again after: {}", settings.database(), e.toString());
      trouble = e;
    } else {
      failed(e);
    }
  }

  private void failed(Throwable e) {
    if (isRunning()) {
      LOG.warn("producer of {} failed", settings.database(), e);
      failure = e;
      streaming.completeExceptionally(e);
    }
  }

  private static boolean isTransient(Exception e) {
    if (e instanceof SQLException sql) {
      String state = sql.getSQLState();
      return state == null
          || state.length() < 2
          || TRANSIENT_CLASSES.contains(state.substring(0, 2));
    }
    return !(e instanceof JetStreamApiException api) || api.getErrorCode() == UNAVAILABLE;
  }

  private void pause(long millis) {
    try {
      boolean unused = stopping.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void join() {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
