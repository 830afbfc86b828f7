package dev.creek.consumer.app.http;

import dev.creek.consumer.api.Command.Verb;
import dev.creek.consumer.api.CommandRecord.CommandOutcome;
import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Membership;
import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.api.MetricsRecorder.Backlog;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.app.http.TableMeter.Operation;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
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
 * Counts the library's events. Counting is a map look-up and an addition; all other work is done
 * when the metrics are requested. Counts of a table that is no longer handled here are dropped.
 * Thread-safe.
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
   *
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
  public void line(Mapping mapping, Backlog backlog) {
    String target = mapping.target().toString();
    tables.put(target, new TableMeter(mapping.source().toString(), target, backlog));
  }

  @Override
  public void applied(Mapping mapping, Applied applied) {
    TableMeter table = meter(mapping.target());
    if (table == null) {
      return;
    }
    table.missed(applied.missed());
    if (applied.inserts() + applied.updates() + applied.deletes() + applied.truncates() == 0) {
      return;
    }
    table.add(Operation.INSERT, applied.inserts());
    table.add(Operation.UPDATE, applied.updates());
    table.add(Operation.DELETE, applied.deletes());
    table.add(Operation.TRUNCATE, applied.truncates());
    table.committed(applied.position().committedAt());
    firstApplied.tryEmitEmpty();
  }

  private @Nullable TableMeter meter(TargetTable table) {
    return tables.get(table.toString());
  }

  @Override
  public void batch(TargetTable table, int changes, long bytes, Duration took) {
    batchRows.record(changes);
    batchBytes.record(bytes);
    batchSeconds.record(took.toNanos() / (double) TimeUnit.SECONDS.toNanos(1));
  }

  @Override
  public void state(TargetTable target, TableState state) {
    TableMeter table = meter(target);
    if (table != null) {
      table.shows(state.name().stored(), state.shownReason(), state.hint());
    }
  }

  @Override
  public void incomplete(TargetTable target, List<Incompleteness> marks) {
    TableMeter table = meter(target);
    if (table != null) {
      table.doubts(marks);
    }
  }

  @Override
  public void grouped(TargetTable target, TableGroup group, Membership membership) {
    TableMeter table = meter(target);
    if (table != null) {
      table.grouped(new GroupView(group.name(), membership.shown()));
    }
  }

  @Override
  public void retry(TargetTable target, String category) {
    TableMeter table = meter(target);
    if (table != null) {
      table.retried(category);
    }
  }

  @Override
  public void skipped(TargetTable target) {
    TableMeter table = meter(target);
    if (table != null) {
      table.skipped();
    }
  }

  @Override
  public void snapshot(SnapshotProgress progress) {
    Mapping mapping = progress.mapping();
    snapshots
        .computeIfAbsent(
            mapping.target().toString(), t -> new SnapshotMeter(mapping.source().toString()))
        .progress(progress);
  }

  @Override
  public void snapshotEnded(Mapping mapping, SnapshotMode mode, CommandOutcome outcome) {
    count(endedSnapshots, mode.toString(), outcome);
    String target = mapping.target().toString();
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
  public void command(Verb verb, CommandOutcome outcome) {
    count(commands, verb.toString(), outcome);
  }

  private static void count(Map<Counted, LongAdder> counts, String what, CommandOutcome outcome) {
    String result = outcome.name().toLowerCase(Locale.ROOT);
    counts.computeIfAbsent(new Counted(what, result), counted -> new LongAdder()).increment();
  }

  @Override
  public void removed(TargetTable table) {
    String target = table.toString();
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
