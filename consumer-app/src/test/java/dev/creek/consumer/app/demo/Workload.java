package dev.creek.consumer.app.demo;

import dev.creek.consumer.app.demo.Shop.Trade;
import dev.creek.consumer.testing.PostgresDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the shop busy: one session trades at a steady rate, another one brings a burst every few
 * seconds. What PostgreSQL makes them give up (deadlocks between the two) counts as rolled back.
 */
final class Workload implements AutoCloseable {

  private static final Duration BETWEEN_BURSTS = Duration.ofSeconds(5);

  /** Deadlock, serialization failure, and a foreign key or unique value taken in that moment. */
  private static final Set<String> GIVEN_UP = Set.of("40P01", "40001", "23503", "23505");

  /** One that was held up catches up with at most this much at once. */
  private static final long MAX_BACKLOG_NANOS = 1_000_000_000;

  /** A burst that has begun. */
  record Burst(String name, Instant at) {}

  private final PostgresDatabase database;
  private final double transactionsPerSecond;
  private final AtomicLong committed = new AtomicLong();
  private final AtomicReference<@Nullable Burst> burst = new AtomicReference<>();
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

  /** Each transaction holds the read lock; who holds the write lock knows that none is open. */
  private final ReentrantReadWriteLock open = new ReentrantReadWriteLock(true);

  private final List<Thread> threads =
      List.of(new Thread(this::trade, "shop-steady"), new Thread(this::surge, "shop-bursts"));
  private volatile boolean ended;

  private interface Day {
    void live(Connection connection) throws SQLException;
  }

  /** No transaction is open, and none begins, until it is closed. */
  interface Pause extends AutoCloseable {
    @Override
    void close();
  }

  private Workload(PostgresDatabase database, double transactionsPerSecond) {
    this.database = database;
    this.transactionsPerSecond = transactionsPerSecond;
  }

  static Workload start(PostgresDatabase database, double transactionsPerSecond) {
    Workload workload = new Workload(database, transactionsPerSecond);
    workload.threads.forEach(Thread::start);
    return workload;
  }

  /** Transactions committed so far. */
  long transactions() {
    return committed.get();
  }

  Optional<Burst> lastBurst() {
    return Optional.ofNullable(burst.get());
  }

  /** What ended it before its time. */
  Optional<Exception> failure() {
    return Optional.ofNullable(failure.get());
  }

  Pause pause() {
    open.writeLock().lock();
    return open.writeLock()::unlock;
  }

  /** Finishes the transactions that are open. */
  @Override
  public void close() {
    ended = true;
    try {
      for (Thread thread : threads) {
        LockSupport.unpark(thread);
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void trade() {
    live(
        connection -> {
          long gap = (long) (1e9 / transactionsPerSecond);
          long due = System.nanoTime();
          while (!ended) {
            run(connection, weighted(Shop.STEADY));
            due = Math.max(due + gap, System.nanoTime() - MAX_BACKLOG_NANOS);
            parkUntil(due);
          }
        });
  }

  private void surge() {
    live(
        connection -> {
          long due = System.nanoTime();
          for (int next = 0; ; next = (next + 1) % Shop.BURSTS.size()) {
            due += BETWEEN_BURSTS.toNanos();
            parkUntil(due);
            if (ended) {
              return;
            }
            Trade trade = Shop.BURSTS.get(next);
            burst.set(new Burst(trade.name(), Instant.now()));
            run(connection, trade);
          }
        });
  }

  private void live(Day day) {
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      day.live(connection);
    } catch (SQLException | RuntimeException e) {
      failure.compareAndSet(null, e);
    }
  }

  private void run(Connection connection, Trade trade) throws SQLException {
    open.readLock().lock();
    try (Statement statement = connection.createStatement()) {
      for (String sql : trade.statements()) {
        statement.execute(sql);
      }
      if (trade.rolledBack()) {
        connection.rollback();
      } else {
        connection.commit();
        committed.incrementAndGet();
      }
    } catch (SQLException e) {
      connection.rollback();
      if (!GIVEN_UP.contains(e.getSQLState())) {
        throw new SQLException(trade.name() + ": " + e.getMessage(), e.getSQLState(), e);
      }
    } finally {
      open.readLock().unlock();
    }
  }

  private void parkUntil(long due) {
    for (long left = due - System.nanoTime(); left > 0 && !ended; left = due - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private static Trade weighted(List<Trade> trades) {
    int ticket = ThreadLocalRandom.current().nextInt(trades.stream().mapToInt(Trade::weight).sum());
    for (Trade trade : trades) {
      ticket -= trade.weight();
      if (ticket < 0) {
        return trade;
      }
    }
    throw new AssertionError("weights are positive");
  }
}
