package dev.creek.consumer.testing;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.awaitility.Awaitility;

/**
 * Sessions that change a source until it is closed, a few hundred transactions a second in all.
 * What one of them cannot do ends the test at {@link #close}.
 */
public final class SourceLoad implements AutoCloseable {
  private static final int SESSIONS = 2;
  private static final Duration PATIENCE = Patience.LIMIT;

  /** Beside the time that a transaction takes. */
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

  private final ExecutorService threads = Executors.newFixedThreadPool(SESSIONS);
  private final Future<?>[] sessions = new Future<?>[SESSIONS];
  private final AtomicLong done = new AtomicLong();
  private volatile boolean ended;

  private SourceLoad(PostgresDatabase source, Function<Random, String> transactions) {
    for (int i = 0; i < SESSIONS; i++) {
      Random random = new Random(i);
      sessions[i] =
          threads.submit(
              () -> {
                run(source, transactions, random);
                return null;
              });
    }
  }

  /**
   * Begins.
   *
   * @param transactions the SQL of the next transaction; called by several threads, each with a
   *     random of its own
   */
  public static SourceLoad of(PostgresDatabase source, Function<Random, String> transactions) {
    return new SourceLoad(source, transactions);
  }

  private void run(PostgresDatabase source, Function<Random, String> transactions, Random random)
      throws SQLException {
    try (Connection connection = source.connect();
        Statement statement = connection.createStatement()) {
      while (!ended) {
        statement.execute(transactions.apply(random));
        done.incrementAndGet();
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  /** Waits until so many more transactions have committed. */
  public void awaitMore(int transactions) {
    long wanted = done.get() + transactions;
    Awaitility.await().atMost(PATIENCE).until(() -> done.get() >= wanted || failed());
  }

  private boolean failed() {
    for (Future<?> session : sessions) {
      if (session.isDone()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    ended = true;
    threads.shutdown();
    for (Future<?> session : sessions) {
      try {
        session.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
        throw new IllegalStateException("the load did not end well", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
