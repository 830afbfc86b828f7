package dev.creek.consumer.app.chaos;

import dev.creek.consumer.testing.InvariantObserver.Invariant;
import dev.creek.consumer.testing.PostgresDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Two tables that each source transaction changes alike, and a thread that does so until it is
 * closed, through outages of the source.
 */
final class PairedTables implements AutoCloseable {
  static final List<String> TABLES = List.of("app.pair_a", "app.pair_b");

  /** Both tables are equal in every source transaction, so also on the target. */
  static final Invariant INVARIANT =
      new Invariant(
              "select id, a.n, b.n from app.pair_a a full join app.pair_b b using (id)"
                  + " where a.n is distinct from b.n",
              "select sum(n) from app.pair_a")
          .whileTogether(TABLES.toArray(String[]::new));

  private static final int ROWS = 50;
  private static final int ROWS_PER_TRANSACTION = 3;
  private static final long PAUSE_NANOS = 10_000_000;

  private final PostgresDatabase source;
  private final Random random;
  private final ReentrantLock step = new ReentrantLock(true);
  private final Thread thread = new Thread(this::run, "paired-tables");
  private volatile boolean ended;

  private PairedTables(PostgresDatabase source, Random random) {
    this.source = source;
    this.random = random;
    thread.setDaemon(true);
  }

  static void create(PostgresDatabase database) {
    TABLES.forEach(
        table ->
            database.execute("create table " + table + " (id int primary key, n int not null)"));
  }

  /** Begins; the tables must exist. */
  static PairedTables start(PostgresDatabase source, Random random) {
    var started = new PairedTables(source, random);
    started.thread.start();
    return started;
  }

  /** Nothing is done to the source until it is closed, by the thread that asked for it. */
  Pause pause() {
    step.lock();
    return step::unlock;
  }

  /** See {@link #pause}. */
  interface Pause extends AutoCloseable {
    @Override
    void close();
  }

  private void run() {
    while (!ended) {
      try (Connection connection = source.connect();
          Statement statement = connection.createStatement()) {
        connection.setAutoCommit(false);
        while (!ended) {
          step.lock();
          try {
            transaction(connection, statement);
          } finally {
            step.unlock();
          }
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      } catch (SQLException e) {
        // The source is away, and comes back; a transaction is there as a whole or not at all.
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  private void transaction(Connection connection, Statement statement) throws SQLException {
    for (int i = 0; i < ROWS_PER_TRANSACTION; i++) {
      int id = random.nextInt(ROWS);
      for (String table : TABLES) {
        statement.execute(
            "insert into %s as p values (%d, 1) on conflict (id) do update set n = p.n + 1"
                .formatted(table, id));
      }
    }
    connection.commit();
  }

  @Override
  public void close() {
    ended = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the tables' thread ends", e);
    }
  }
}
