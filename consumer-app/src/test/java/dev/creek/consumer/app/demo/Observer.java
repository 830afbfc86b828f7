package dev.creek.consumer.app.demo;

import dev.creek.consumer.testing.PostgresDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Asks the servers how it goes. Both clocks that make the lag are PostgreSQL's: a row of {@code
 * subscriptions} carries the source's commit time, and the transaction that wrote it wrote the
 * changes too. One thread at a time.
 */
final class Observer implements AutoCloseable {

  private static final Duration BETWEEN_COUNTS = Duration.ofSeconds(1);

  private static final String SUBSCRIPTIONS =
      """
      select target, coalesce(state, '-'), reason, rows_applied, coalesce(stream_seq, 0),
             case when "timestamp" > 'epoch' then "timestamp" end, pg_xact_commit_timestamp(xmin)
      from _creek_consumer.subscriptions""";

  private static final String COUNTS =
      Shop.TABLES.stream()
          .map(table -> "(select count(*) from %s)".formatted(Shop.qualified(table)))
          .collect(Collectors.joining(", ", "select ", ""));

  private record Row(
      String state,
      @Nullable String reason,
      long rowsApplied,
      long sequence,
      @Nullable Instant sourceCommit,
      @Nullable Instant targetCommit) {

    private static final Row NONE = new Row("-", null, 0, 0, null, null);
  }

  private final Connection source;
  private final Connection target;
  private final Workload workload;
  private final WalEnds ends;
  private final long begin = System.nanoTime();
  private final History transactions = new History();
  private final History rows = new History();
  private final Map<String, Progress> progress = new HashMap<>();
  private long[] sourceRows = {};
  private long[] targetRows = {};
  private long countedAt = begin - BETWEEN_COUNTS.toNanos();

  Observer(PostgresDatabase source, PostgresDatabase target, Workload workload, WalEnds ends) {
    try {
      this.source = source.connect();
      this.target = target.connect();
    } catch (SQLException e) {
      throw new IllegalStateException("could not watch " + source + " and " + target, e);
    }
    this.workload = workload;
    this.ends = ends;
    Shop.TABLES.forEach(table -> progress.put(table, new Progress()));
  }

  /** For how long it has been watching. */
  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  Sample sample(
      Sample.@Nullable Check check,
      Sample.@Nullable Snapshot snapshot,
      Sample.@Nullable Column column) {
    try {
      long now = System.nanoTime();
      if (now - countedAt >= BETWEEN_COUNTS.toNanos()) {
        countedAt = now;
        sourceRows = counts(source);
        targetRows = counts(target);
      }
      // Before the positions: what is published in between must not look as if it waited.
      Map<String, Long> last = ends.lastSequences();
      Map<String, Row> found = subscriptions();
      found.forEach((table, row) -> note(now, progress.get(table), row, last.get(table)));
      transactions.add(now, workload.transactions());
      rows.add(now, found.values().stream().mapToLong(Row::rowsApplied).sum());
      return new Sample(
          Duration.ofNanos(now - begin),
          IntStream.range(0, Shop.TABLES.size()).mapToObj(i -> table(i, found)).toList(),
          transactions.rate(),
          rows.rate(),
          transactions.rates(),
          rows.rates(),
          workload.lastBurst().map(Observer::shown).orElse(null),
          check,
          snapshot,
          column);
    } catch (SQLException e) {
      throw new IllegalStateException("could not ask how it goes: " + e.getMessage(), e);
    }
  }

  private static void note(long now, Progress progress, Row row, long end) {
    progress.applied(now, row.rowsApplied());
    progress.moved(row.sequence(), end, row.sourceCommit(), row.targetCommit());
  }

  private Sample.Table table(int index, Map<String, Row> found) {
    String name = Shop.TABLES.get(index);
    Row row = found.getOrDefault(name, Row.NONE);
    Progress known = progress.get(name);
    return new Sample.Table(
        name,
        row.state(),
        row.reason(),
        sourceRows[index],
        targetRows[index],
        known.rowsPerSecond(),
        known.lag());
  }

  private static Sample.Burst shown(Workload.Burst burst) {
    return new Sample.Burst(burst.name(), Duration.between(burst.at(), Instant.now()));
  }

  private static long[] counts(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(COUNTS)) {
      row.next();
      long[] counts = new long[Shop.TABLES.size()];
      for (int i = 0; i < counts.length; i++) {
        counts[i] = row.getLong(i + 1);
      }
      return counts;
    }
  }

  private Map<String, Row> subscriptions() throws SQLException {
    Map<String, String> names =
        Shop.TABLES.stream().collect(Collectors.toMap(Shop::qualified, table -> table));
    Map<String, Row> found = new HashMap<>();
    try (Statement statement = target.createStatement();
        ResultSet row = statement.executeQuery(SUBSCRIPTIONS)) {
      while (row.next()) {
        String table = names.get(row.getString(1));
        // Whoever watches may add one of their own.
        if (table != null) {
          found.put(
              table,
              new Row(
                  row.getString(2),
                  row.getString(3),
                  row.getLong(4),
                  row.getLong(5),
                  instant(row.getTimestamp(6)),
                  instant(row.getTimestamp(7))));
        }
      }
    }
    return found;
  }

  private static @Nullable Instant instant(@Nullable Timestamp value) {
    return value == null ? null : value.toInstant();
  }

  @Override
  public void close() {
    try (source;
        target;
        ends) {
      // Closing is all there is to do.
    } catch (SQLException e) {
      throw new IllegalStateException("could not stop watching", e);
    }
  }
}
