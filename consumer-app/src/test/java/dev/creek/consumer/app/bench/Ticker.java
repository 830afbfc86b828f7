package dev.creek.consumer.app.bench;

import dev.creek.consumer.testing.PostgresDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/**
 * Inserts rows at a source at a steady rate, each in a transaction of its own, on some connections.
 */
final class Ticker implements AutoCloseable {
  private static final String COMMITS =
      """
      select writer, id, (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000000)::bigint
      from %s""";

  private final PostgresDatabase source;
  private final Lanes lanes;
  private final ExecutorService threads;
  private final List<CompletableFuture<Void>> writers = new ArrayList<>();

  private Ticker(PostgresDatabase source, Lanes lanes) {
    this.source = source;
    this.lanes = lanes;
    this.threads = Executors.newFixedThreadPool(lanes.writers());
  }

  /** A row. Each writer counts its own from 1. */
  record Tick(int writer, int id) {}

  /**
   * Starts.
   *
   * @param rows of each writer
   * @param rate of each writer, a second
   */
  static Ticker start(PostgresDatabase source, Lanes lanes, int rows, double rate) {
    Ticker ticker = new Ticker(source, lanes);
    int writers = lanes.writers();
    long begin = System.nanoTime();
    double period = 1e9 / rate;
    for (int writer = 0; writer < writers; writer++) {
      int number = writer;
      // Not all at the same moment.
      long first = begin + (long) (period * writer / writers);
      ticker.writers.add(
          CompletableFuture.runAsync(
              () -> ticker.write(number, rows, first, period), ticker.threads));
    }
    return ticker;
  }

  private void write(int writer, int rows, long first, double period) {
    try (Connection connection = source.connect()) {
      Map<Integer, PreparedStatement> inserts = new HashMap<>();
      for (int id = 1; id <= rows; id++) {
        int lane = lanes.lane(id);
        PreparedStatement insert = inserts.get(lane);
        if (insert == null) {
          insert =
              connection.prepareStatement(
                  "insert into %s (writer, id, note) values (?, ?, ?)"
                      .formatted(lanes.table(writer, lane)));
          inserts.put(lane, insert);
        }
        sleepUntil(first + (long) (period * (id - 1)));
        insert.setInt(1, writer);
        insert.setInt(2, id);
        insert.setString(3, "a note of some forty characters, or so " + id);
        insert.executeUpdate();
      }
    } catch (SQLException e) {
      throw new IllegalStateException("writing to the source: " + e.getMessage(), e);
    }
  }

  /** Returns at once where that has passed: what was missed is made up for. */
  private static void sleepUntil(long time) {
    for (long left = time - System.nanoTime(); left > 0; left = time - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  /** Waits until all rows are written. */
  void await() {
    writers.forEach(CompletableFuture::join);
  }

  /** When each row was committed, in microseconds since 1970, as the source says. */
  Map<Tick, Long> commits() {
    Map<Tick, Long> commits = new HashMap<>();
    for (String table : lanes.names()) {
      for (List<String> row : source.query(COMMITS.formatted(table))) {
        commits.put(
            new Tick(Integer.parseInt(row.get(0)), Integer.parseInt(row.get(1))),
            Long.parseLong(row.get(2)));
      }
    }
    return commits;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
