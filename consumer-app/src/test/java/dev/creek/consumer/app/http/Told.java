package dev.creek.consumer.app.http;

import dev.creek.consumer.api.Command.Verb;
import dev.creek.consumer.api.CommandRecord.CommandOutcome;
import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Membership;
import dev.creek.consumer.api.MetricsRecorder.Backlog;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The library's reports to meters, in the words that the page and the metrics show. */
final class Told {
  private Told() {}

  private static TargetTable target(String name) {
    return TargetTable.parse(name);
  }

  private static Mapping mapping(String source, String target) {
    return new Mapping(SourceTable.parse(source), target(target));
  }

  static void line(Meters meters, String source, String target, Backlog backlog) {
    meters.line(mapping(source, target), backlog);
  }

  static void applied(
      Meters meters,
      String source,
      String target,
      long inserts,
      long updates,
      long deletes,
      long truncates,
      @Nullable Instant committedAt) {
    var position = new Position(null, 0, 0, committedAt);
    meters.applied(
        mapping(source, target), new Applied(position, inserts, updates, deletes, truncates));
  }

  static void grouped(Meters meters, String target, String group, Membership membership) {
    meters.grouped(target(target), new TableGroup("shop", group), membership);
  }

  static void missed(Meters meters, String target, long rows) {
    meters.applied(mapping("s.a.b", target), new Applied(Position.NONE, 0, 0, 0, 0, rows));
  }

  static void batch(Meters meters, String target, int changes, long bytes, Duration took) {
    meters.batch(target(target), changes, bytes, took);
  }

  static void state(
      Meters meters, String target, String state, @Nullable String reason, @Nullable String hint) {
    var name = TableState.Name.valueOf(state.toUpperCase(Locale.ROOT));
    meters.state(target(target), new TableState(name, reason, hint));
  }

  /** Marks by cause, with the reasons in turn. */
  static void incomplete(
      Meters meters, String target, Map<String, Integer> causes, List<String> reasons) {
    Iterator<String> words = reasons.iterator();
    List<Incompleteness> marks = new ArrayList<>();
    causes.forEach(
        (cause, count) -> {
          for (int i = 0; i < count; i++) {
            var known = Incompleteness.Cause.of(cause).orElseThrow();
            marks.add(new Incompleteness(known, String.valueOf(i), words.next()));
          }
        });
    meters.incomplete(target(target), marks);
  }

  static void retry(Meters meters, String target, String category) {
    meters.retry(target(target), category);
  }

  static void skipped(Meters meters, String target) {
    meters.skipped(target(target));
  }

  static void snapshot(
      Meters meters,
      String source,
      String target,
      String mode,
      String step,
      long rowsDone,
      long rowsExpected) {
    meters.snapshot(
        new SnapshotProgress(
            mapping(source, target),
            "",
            SnapshotMode.parse(mode),
            SnapshotProgress.Step.valueOf(step.toUpperCase(Locale.ROOT)),
            rowsDone,
            rowsExpected,
            Duration.ZERO));
  }

  static void snapshotEnded(Meters meters, String target, String mode, String result) {
    meters.snapshotEnded(mapping("s.a.b", target), SnapshotMode.parse(mode), outcome(result));
  }

  static void command(Meters meters, String verb, String result) {
    meters.command(Verb.valueOf(verb.toUpperCase(Locale.ROOT)), outcome(result));
  }

  private static CommandOutcome outcome(String result) {
    return CommandOutcome.valueOf(result.toUpperCase(Locale.ROOT));
  }

  static void removed(Meters meters, String target) {
    meters.removed(target(target));
  }
}
