package dev.creek.consumer.app.demo;

import dev.creek.consumer.testing.ComparedTable;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How it goes at one moment.
 *
 * @param elapsed since the load began
 * @param tables in the shop's order
 * @param transactionsPerSecond committed on the source, lately
 * @param rowsPerSecond changes applied to the target, lately
 * @param transactionHistory the same rate over the past, oldest first
 * @param rowHistory likewise
 * @param burst the last burst; null before the first
 * @param check the last comparison; null before the first
 * @param snapshot the last snapshot, done or not; null before the first
 * @param column what the source's table got; null before that
 */
record Sample(
    Duration elapsed,
    List<Table> tables,
    double transactionsPerSecond,
    double rowsPerSecond,
    List<Double> transactionHistory,
    List<Double> rowHistory,
    @Nullable Burst burst,
    @Nullable Check check,
    @Nullable Snapshot snapshot,
    @Nullable Column column) {

  /**
   * One table.
   *
   * @param state as the service reports it; {@code -} before it has
   * @param reason why it is stuck; null if it is not
   * @param rowsPerSecond changes applied, lately
   * @param lag how long the last change took from its commit on the source to its commit on the
   *     target, or how long the oldest one waits; null before the first
   */
  record Table(
      String name,
      String state,
      @Nullable String reason,
      long sourceRows,
      long targetRows,
      double rowsPerSecond,
      @Nullable Duration lag) {}

  /** A burst, and how long ago it began. */
  record Burst(String name, Duration ago) {}

  /**
   * A comparison of all tables.
   *
   * @param at when it was finished, since the load began
   * @param paused how long the load waited for it
   */
  record Check(Duration at, Duration paused, List<ComparedTable> results) {

    boolean equal() {
      return results.stream().allMatch(ComparedTable::equal);
    }
  }

  /**
   * A clean snapshot of a table.
   *
   * @param step what the service is at
   * @param expected rows that there will be, as far as is known; 0 where it is not
   * @param doneAt when it was in place, since the load began; null before that
   */
  record Snapshot(String table, String step, long rows, long expected, @Nullable Duration doneAt) {}

  /**
   * A column that a table of the source has got, and the target after it.
   *
   * @param addedAt when the target had it, with its rows marked, since the load began
   * @param filledAt when all rows had the source's values; null before that
   */
  record Column(String table, String name, Duration addedAt, @Nullable Duration filledAt) {}

  /** The longest lag of all tables; null before the first change. */
  @Nullable Duration lag() {
    return tables.stream()
        .map(Table::lag)
        .filter(lag -> lag != null)
        .max(Duration::compareTo)
        .orElse(null);
  }
}
