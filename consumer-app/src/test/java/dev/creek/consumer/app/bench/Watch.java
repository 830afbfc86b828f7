package dev.creek.consumer.app.bench;

import dev.creek.consumer.testing.PostgresDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

  /** Tables that are asked for at once: more would be a look that disturbs. */
  private static final int AT_ONCE = 50;

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

  /**
   * Begins, and watches until all is there.
   *
   * @param begin lets the contender begin; the clock runs from just before
   * @param check throws where there is nothing to wait for any more; called now and then
   */
  Measured from(Work begin, Runnable check) {
    List<String> tables = dataset.tables();
    try (Connection connection = target.connect()) {
      try (Statement settings = connection.createStatement()) {
        settings.execute(BY_KEY);
      }
      List<PreparedStatement> parts = new ArrayList<>();
      for (int i = 0; i < tables.size(); i += AT_ONCE) {
        List<String> some = tables.subList(i, Math.min(tables.size(), i + AT_ONCE));
        parts.add(connection.prepareStatement(Dataset.complete(some)));
        isSeen(parts.get(parts.size() - 1));
      }
      try (PreparedStatement begun = connection.prepareStatement(Dataset.begun(tables.get(0)))) {
        isSeen(begun);
        ServerTimes before = rig.times();
        long start = System.nanoTime();
        begin.run();
        long first = await(begun, start, check);
        long last = first;
        for (PreparedStatement part : parts) {
          last = await(part, start, check);
        }
        return before.untilNow(
            rig.times(),
            Measured.NOTHING
                .took((last - start) / 1e9, dataset.changes())
                .with(Metric.FIRST_ROW_SECONDS, (first - start) / 1e9));
      }
    } catch (SQLException e) {
      throw new IllegalStateException("watching the target: " + e.getMessage(), e);
    }
  }

  private static long await(PreparedStatement query, long start, Runnable check)
      throws SQLException {
    long checked = System.nanoTime();
    while (true) {
      boolean seen = isSeen(query);
      long now = System.nanoTime();
      if (seen) {
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

  private static boolean isSeen(PreparedStatement query) throws SQLException {
    try (ResultSet row = query.executeQuery()) {
      row.next();
      return row.getBoolean(1);
    }
  }
}
