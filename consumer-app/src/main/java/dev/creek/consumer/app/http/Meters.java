package dev.creek.consumer.app.http;

import dev.creek.consumer.api.Command.Verb;
import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.api.MetricsRecorder.Backlog;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.app.http.TableMeter.Operation;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Counts the library's events. Counting is a map look-up and an addition; all other work is done when the metrics are requested. Counts of a table that is no longer handled here are dropped. Thread-safe.
 */
public final class Meters implements MetricsRecorder {
  private final Map<String, TableMeter> tables = new ConcurrentSkipListMap<>();
  private final Map<String, SnapshotMeter> snapshots = new ConcurrentSkipListMap<>();
  private final Map<Counted, LongAdder> commands = new ConcurrentHashMap<>();
  private final Map<Counted, LongAdder> endedSnapshots = new ConcurrentHashMap<>();
  private final Histogram batchRows = new Histogram(1, 10, 100, 1000, 2000, 5000, 10_000, 100_000);
  private final Histogram batchBytes =
      new Histogram(1 << 10, 1 << 13, 1 << 16, 1 << 18, 1 << 20, 2 << 20, 4 << 20, 16 << 20);
  private final Histogram batchSeconds =
      new Histogram(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30);
  private final AtomicLong samples = new AtomicLong();
  private final Sinks.Empty<Void> firstApplied = Sinks.empty();
  private final LogCounts logCounts;

  /**
   * An event that does not belong to a table, with its outcome.
   * @param what a verb or a mode
   */
  record Counted(String what, String result) {}

  public Meters(LogCounts logCounts) {
    this.logCounts = logCounts;
    // Prometheus sees no increase in a series that begins with 1: the first failure would be lost.
    for (Verb verb : Verb.values()) {
      begin(commands, verb.toString(), "ok", "failed");
    }
    for (SnapshotMode mode : SnapshotMode.values()) {
      begin(endedSnapshots, mode.toString(), "ok", "failed", "cancelled");
    }
  }

  private static void begin(Map<Counted, LongAdder> counts, String what, String... results) {
    for (String result : results) {
      counts.put(new Counted(what, result), new LongAdder());
    }
  }

  @Override
  public void line(String source, String target, Backlog backlog) {
    tables.put(target, new TableMeter(source, target, backlog));
  }

  @Override
  public void applied(
      String source,
      String target,
      long inserts,
      long updates,
      long deletes,
      long truncates,
      @Nullable Instant committedAt) {
    TableMeter table = tables.get(target);
    if (table == null || inserts + updates + deletes + truncates == 0) {
      return;
    }
    table.add(Operation.INSERT, inserts);
    table.add(Operation.UPDATE, updates);
    table.add(Operation.DELETE, deletes);
    table.add(Operation.TRUNCATE, truncates);
    table.committed(committedAt);
    firstApplied.tryEmitEmpty();
  }

  @Override
  public void batch(String target, int changes, long bytes, Duration took) {
    batchRows.record(changes);
    batchBytes.record(bytes);
    batchSeconds.record(took.toNanos() / (double) TimeUnit.SECONDS.toNanos(1));
  }

  @Override
  public void state(String target, String state, @Nullable String reason, @Nullable String hint) {
    TableMeter table = tables.get(target);
    if (table != null) {
      table.shows(state, reason, hint);
    }
  }

  @Override
  public void incomplete(String target, Map<String, Integer> causes, List<String> reasons) {
    TableMeter table = tables.get(target);
    if (table != null) {
      table.doubts(causes, reasons);
    }
  }

  @Override
  public void retry(String target, String reasonClass) {
    TableMeter table = tables.get(target);
    if (table != null) {
      table.retried(reasonClass);
    }
  }

  @Override
  public void skipped(String target) {
    TableMeter table = tables.get(target);
    if (table != null) {
      table.skipped();
    }
  }

  @Override
  public void missed(String target, long rows) {
    TableMeter table = tables.get(target);
    if (table != null) {
      table.missed(rows);
    }
  }

  @Override
  public void snapshot(
      String source, String target, String mode, String step, long rowsDone, long rowsExpected) {
    snapshots
        .computeIfAbsent(target, t -> new SnapshotMeter(source))
        .progress(mode, step, rowsDone, rowsExpected);
  }

  @Override
  public void snapshotEnded(String target, String mode, String result) {
    count(endedSnapshots, mode, result);
    SnapshotMeter snapshot = snapshots.get(target);
    if (snapshot != null) {
      snapshot.ended();
    }
    // No event ends a table without a subscription.
    if (!tables.containsKey(target)) {
      snapshots.remove(target);
    }
  }

  @Override
  public void command(String verb, String result) {
    count(commands, verb, result);
  }

  private static void count(Map<Counted, LongAdder> counts, String what, String result) {
    counts.computeIfAbsent(new Counted(what, result), counted -> new LongAdder()).increment();
  }

  @Override
  public void removed(String target) {
    tables.remove(target);
    SnapshotMeter snapshot = snapshots.get(target);
    if (snapshot != null && snapshot.running() == null) {
      snapshots.remove(target);
    }
  }

  /** Completes when the first change has been applied. */
  Mono<Void> firstApplied() {
    return firstApplied.asMono();
  }

  /**
   * Ends a step of all rates.
   *
   * @param now {@link System#nanoTime()}
   */
  void sample(long now) {
    tables.values().forEach(table -> table.sample(now));
    samples.incrementAndGet();
  }

  /** Number of steps of the rates that have ended. */
  long samples() {
    return samples.get();
  }

  /** The tables that are handled here, ordered by target. */
  Collection<TableMeter> tables() {
    return tables.values();
  }

  /** By target, in order. */
  Map<String, SnapshotMeter> snapshots() {
    return snapshots;
  }

  Map<Counted, LongAdder> commands() {
    return commands;
  }

  Map<Counted, LongAdder> endedSnapshots() {
    return endedSnapshots;
  }

  Histogram batchRows() {
    return batchRows;
  }

  Histogram batchBytes() {
    return batchBytes;
  }

  Histogram batchSeconds() {
    return batchSeconds;
  }

  LogCounts logCounts() {
    return logCounts;
  }
}
