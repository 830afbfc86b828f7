package dev.creek.consumer.app.bench;

import dev.creek.consumer.testing.PostgresDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Looks at a target every few milliseconds until all rows of a dataset are visible there. */
final class Watch {
  /**
   * For who looks at a target again and again. The plan is made while the tables are empty, and
   * kept: one that reads a whole table was most of the target's work once that had grown.
   */
  static final String BY_KEY = "set enable_seqscan = off";

  private static final long POLL_NANOS = 10_000_000;
  private static final long CHECK_NANOS = 1_000_000_000;
  private static final Duration LIMIT = Duration.ofMinutes(10);

  private final Rig rig;
  private final PostgresDatabase target;
  private final Dataset dataset;

  Watch(Rig rig, PostgresDatabase target, Dataset dataset) {
    this.rig = rig;
    this.target = target;
    this.dataset = dataset;
  }

  /** Work that may fail. */
  interface Work {
    void run() throws SQLException;
  }

  /** What can be seen. */
  private enum Seen {
    NOTHING,
    SOME,
    ALL
  }

  /**
   * Begins, and watches until all is there.
   *
   * @param begin lets the contender begin; the clock runs from just before
   * @param check throws where there is nothing to wait for any more; called now and then
   */
  Measured from(Work begin, Runnable check) {
    try (Connection connection = target.connect();
        Statement settings = connection.createStatement();
        PreparedStatement query = connection.prepareStatement(dataset.arrival())) {
      settings.execute(BY_KEY);
      look(query);
      ServerTimes before = rig.times();
      long start = System.nanoTime();
      begin.run();
      long first = await(query, Seen.SOME, start, check);
      long last = await(query, Seen.ALL, start, check);
      return before.untilNow(
          rig.times(),
          Measured.NOTHING
              .took((last - start) / 1e9, dataset.changes())
              .with(Metric.FIRST_ROW_SECONDS, (first - start) / 1e9));
    } catch (SQLException e) {
      throw new IllegalStateException("watching the target: " + e.getMessage(), e);
    }
  }

  private static long await(PreparedStatement query, Seen what, long start, Runnable check)
      throws SQLException {
    long checked = System.nanoTime();
    while (true) {
      Seen seen = look(query);
      long now = System.nanoTime();
      if (seen.compareTo(what) >= 0) {
        return now;
      }
      if (now - checked > CHECK_NANOS) {
        checked = now;
        check.run();
        if (now - start > LIMIT.toNanos()) {
          throw new IllegalStateException("not all rows have come after " + LIMIT);
        }
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  private static Seen look(PreparedStatement query) throws SQLException {
    try (ResultSet row = query.executeQuery()) {
      row.next();
      return row.getBoolean(2) ? Seen.ALL : row.getBoolean(1) ? Seen.SOME : Seen.NOTHING;
    }
  }
}
