package dev.creek.consumer.app.bench;

import dev.creek.consumer.testing.PostgresDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Asks a target four thousand times a second for the last row of each writer, and notes when it was
 * first seen: so a time is late by what the question takes, a quarter of a millisecond or so.
 */
final class Sightings implements AutoCloseable {
  private static final long PAUSE_NANOS = 150_000;

  private final long[][] seenAtMicros;
  private volatile boolean closed;
  private final CompletableFuture<long[][]> all = new CompletableFuture<>();

  private Sightings(int writers, int rows) {
    this.seenAtMicros = new long[writers][rows + 1];
  }

  /** Starts to look, for so many rows of so many writers. */
  static Sightings start(PostgresDatabase target, int writers, int rows) {
    Sightings sightings = new Sightings(writers, rows);
    Thread thread = new Thread(() -> sightings.look(target), "bench-sightings");
    thread.setDaemon(true);
    thread.start();
    return sightings;
  }

  private void look(PostgresDatabase target) {
    String sql =
        IntStream.range(0, seenAtMicros.length)
            .mapToObj("coalesce((select max(id) from ticks where writer = %d), 0)"::formatted)
            .collect(Collectors.joining(", ", "select ", ""));
    int[] last = new int[seenAtMicros.length];
    try (Connection connection = target.connect();
        Statement settings = connection.createStatement();
        PreparedStatement query = connection.prepareStatement(sql)) {
      settings.execute(Watch.BY_KEY);
      while (!closed && !note(query, last)) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      all.complete(seenAtMicros);
    } catch (SQLException e) {
      all.completeExceptionally(
          new IllegalStateException("watching the target: " + e.getMessage(), e));
    }
  }

  /** Whether all have been seen. */
  private boolean note(PreparedStatement query, int[] last) throws SQLException {
    boolean complete = true;
    try (ResultSet row = query.executeQuery()) {
      long now = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
      row.next();
      for (int writer = 0; writer < last.length; writer++) {
        int newest = row.getInt(writer + 1);
        while (last[writer] < newest) {
          seenAtMicros[writer][++last[writer]] = now;
        }
        complete &= newest == seenAtMicros[writer].length - 1;
      }
    }
    return complete;
  }

  /**
   * Waits until the last row is seen; by writer and row when it was, in microseconds since 1970.
   */
  long[][] await(Duration limit) {
    try {
      return all.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException("not all rows have come within " + limit, e);
    } catch (java.util.concurrent.ExecutionException e) {
      throw new CompletionException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
