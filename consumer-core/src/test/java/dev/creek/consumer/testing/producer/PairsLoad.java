package dev.creek.consumer.testing.producer;

import static org.awaitility.Awaitility.await;

import dev.creek.consumer.testing.PostgresDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Inserts into the table pairs as fast as it goes, some rows a transaction, ids without gaps. */
final class PairsLoad implements AutoCloseable {
  /** Rows of one transaction. */
  static final int ROWS = 4;

  private final PostgresDatabase database;
  private final AtomicLong transactions = new AtomicLong();
  private final Thread thread = new Thread(this::run, "load");
  private volatile boolean stopping;
  private volatile SQLException failure;

  PairsLoad(PostgresDatabase database) {
    this.database = database;
    thread.setDaemon(true);
    thread.start();
  }

  /** Waits for so many transactions from now. */
  void awaitMore(int count) {
    long until = transactions.get() + count;
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> transactions.get() >= until || failure != null);
  }

  private void run() {
    try (Connection connection = database.connect();
        PreparedStatement insert =
            connection.prepareStatement(
                "insert into pairs select * from generate_series(?::bigint, ?::bigint)")) {
      for (long first = 0; !stopping; first += ROWS) {
        insert.setLong(1, first);
        insert.setLong(2, first + ROWS - 1);
        insert.executeUpdate();
        transactions.incrementAndGet();
      }
    } catch (SQLException e) {
      failure = e;
    }
  }

  @Override
  public void close() throws InterruptedException, SQLException {
    stopping = true;
    thread.join();
    if (failure != null) {
      throw failure;
    }
  }
}
