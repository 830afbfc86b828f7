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
 * first seen: so a time is late by what the question takes, a quarter of a millisecond or so; with
 * many tables more.
 */
final class Sightings implements AutoCloseable {
  private static final long PAUSE_NANOS = 150_000;

  private final long[][] seenAtMicros;
  private volatile boolean closed;
  private final CompletableFuture<long[][]> all = new CompletableFuture<>();

  private final Lanes lanes;
  private final int rows;

  private Sightings(Lanes lanes, int rows) {
    this.lanes = lanes;
    this.rows = rows;
    this.seenAtMicros = new long[lanes.writers()][rows + 1];
  }

  /** Starts to look, for so many rows of each writer. */
  static Sightings start(PostgresDatabase target, Lanes lanes, int rows) {
    Sightings sightings = new Sightings(lanes, rows);
    Thread thread = new Thread(() -> sightings.look(target), "bench-sightings");
    thread.setDaemon(true);
    thread.start();
    return sightings;
  }

  private void look(PostgresDatabase target) {
    int watched = lanes.watched();
    String sql =
        IntStream.range(0, seenAtMicros.length * watched)
            .mapToObj(
                n ->
                    "coalesce((select max(id) from %s where writer = %d), 0)"
                        .formatted(lanes.table(n / watched, n % watched), n / watched))
            .collect(Collectors.joining(", ", "select ", ""));
    int[] last = new int[seenAtMicros.length * watched];
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
    int watched = lanes.watched();
    boolean complete = true;
    try (ResultSet row = query.executeQuery()) {
      long now = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
      row.next();
      for (int n = 0; n < last.length; n++) {
        int newest = row.getInt(n + 1);
        while (last[n] < newest) {
          last[n] = last[n] == 0 ? n % watched + 1 : lanes.next(last[n]);
          seenAtMicros[n / watched][last[n]] = now;
        }
        complete &= newest == lanes.last(n % watched, rows);
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
