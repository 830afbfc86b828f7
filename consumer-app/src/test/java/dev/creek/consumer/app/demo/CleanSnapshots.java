package dev.creek.consumer.app.demo;

import dev.creek.consumer.testing.PostgresDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Has the service take a clean snapshot of a table that is traded in meanwhile, as a user would: by
 * SQL. What is known of it is the command's row.
 */
final class CleanSnapshots {
  private static final String TABLE = "order_lines";
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(100);

  private static final String PROGRESS =
      """
      select step, coalesce(rows_done, 0), coalesce(rows_expected, 0), finished_at is not null, status
      from _creek_consumer._notification_log where id = ?""";

  private final PostgresDatabase target;
  private final String mapping;
  private final Supplier<Duration> clock;
  private final AtomicReference<Sample.@Nullable Snapshot> last = new AtomicReference<>();

  /**
   * @param clock what the view calls the time
   */
  CleanSnapshots(Stage stage, Supplier<Duration> clock) {
    this.target = stage.target();
    this.mapping = Stage.mapping(TABLE);
    this.clock = clock;
  }

  /** The last one, whether it is done or not; null before the first. */
  Sample.@Nullable Snapshot last() {
    return last.get();
  }

  /**
   * Takes one; returns when the table holds it.
   *
   * @throws IllegalStateException where it was not applied, or takes too long
   */
  void take() throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    try (Connection connection = target.connect()) {
      long command = ask(connection);
      while (!isDone(connection, command)) {
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException("the snapshot of " + TABLE + " takes too long");
        }
        TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
      }
    } catch (SQLException e) {
      throw new IllegalStateException("no snapshot of " + TABLE + ": " + e.getMessage(), e);
    }
  }

  private long ask(Connection connection) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("select _creek_consumer.snapshot(?, 'clean')")) {
      statement.setString(1, mapping);
      try (ResultSet id = statement.executeQuery()) {
        id.next();
        return id.getLong(1);
      }
    }
  }

  private boolean isDone(Connection connection, long command) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(PROGRESS)) {
      statement.setLong(1, command);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        boolean finished = row.getBoolean(4);
        if (finished && !"ok".equals(row.getString(5))) {
          throw new IllegalStateException("the snapshot of " + TABLE + ": " + row.getString(5));
        }
        @Nullable String step = row.getString(1);
        last.set(
            new Sample.Snapshot(
                TABLE,
                step == null ? "queued" : step,
                row.getLong(2),
                row.getLong(3),
                finished ? clock.get() : null));
        return finished;
      }
    }
  }
}
