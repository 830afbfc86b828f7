package dev.creek.consumer.app.http;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.MetricsRecorder.Backlog;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Counts for one table that is handled here. Thread-safe; never waits. */
final class TableMeter {
  /** The possible states of a table, in the library's spelling. */
  static final List<String> STATES =
      List.of("waiting", "streaming", "snapshotting", "failed", "gap", "inactive");

  /** Kinds of changes. */
  enum Operation {
    INSERT,
    UPDATE,
    DELETE,
    TRUNCATE;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A reported state.
   *
   * @param since time of its begin
   */
  record Shown(String state, @Nullable String reason, @Nullable String hint, Instant since) {
    /** Tells whether somebody must act. */
    boolean isStuck() {
      return state.equals("failed")
          || state.equals("gap")
          || (state.equals("waiting") && hint != null);
    }
  }

  private final String source;
  private final String target;
  private final Backlog backlog;
  private final Map<Operation, LongAdder> applied = new EnumMap<>(Operation.class);
  private final Map<String, LongAdder> retries = new ConcurrentHashMap<>();
  private final LongAdder commits = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final LongAdder gaps = new LongAdder();
  private final LongAdder skipped = new LongAdder();
  private final LongAdder missed = new LongAdder();
  private final Rates rates = new Rates(System.nanoTime());
  private volatile Map<String, Integer> causes = Map.of();
  private volatile IncompletenessView doubt = IncompletenessView.NONE;
  private volatile @Nullable GroupView group;
  private volatile @Nullable Instant committedAt;
  private volatile boolean described;
  private volatile Shown shown = new Shown("waiting", null, null, Instant.now());

  TableMeter(String source, String target, Backlog backlog) {
    this.source = source;
    this.target = target;
    this.backlog = backlog;
    for (Operation operation : Operation.values()) {
      applied.put(operation, new LongAdder());
    }
  }

  String source() {
    return source;
  }

  String target() {
    return target;
  }

  Backlog backlog() {
    return backlog;
  }

  Rates rates() {
    return rates;
  }

  /** Ends a step of its rates. */
  void sample(long now) {
    rates.sample(changes(), now);
  }

  void add(Operation operation, long changes) {
    if (changes > 0) {
      applied(operation).add(changes);
    }
  }

  void committed(@Nullable Instant at) {
    commits.increment();
    if (at != null) {
      committedAt = at;
    }
  }

  void retried(String reasonClass) {
    retries.computeIfAbsent(reasonClass, c -> new LongAdder()).increment();
  }

  void missed(long rows) {
    missed.add(rows);
  }

  void skipped() {
    skipped.increment();
  }

  /** Counts an entry into failed or gap once, however often the reason is reported again. */
  void shows(String state, @Nullable String reason, @Nullable String hint) {
    Shown before = shown;
    boolean entered = !before.state().equals(state);
    shown = new Shown(state, reason, hint, entered ? Instant.now() : before.since());
    described = true;
    if (entered && state.equals("failed")) {
      failures.increment();
    } else if (entered && state.equals("gap")) {
      gaps.increment();
    }
  }

  void grouped(GroupView now) {
    group = now;
  }

  /** Null if it is in no group. */
  @Nullable GroupView group() {
    return group;
  }

  /** The reasons why its rows may differ from the source's, counted by cause. */
  void doubts(List<Incompleteness> marks) {
    Map<String, Integer> byCause = new TreeMap<>();
    marks.forEach(mark -> byCause.merge(mark.cause().stored(), 1, Integer::sum));
    causes = Map.copyOf(byCause);
    doubt =
        new IncompletenessView(
            List.copyOf(byCause.keySet()),
            marks.stream().map(Incompleteness::reason).toList(),
            null,
            null);
  }

  Map<String, Integer> causes() {
    return causes;
  }

  IncompletenessView doubt() {
    return doubt;
  }

  private LongAdder applied(Operation operation) {
    return Objects.requireNonNull(applied.get(operation));
  }

  long changes(Operation operation) {
    return applied(operation).sum();
  }

  long changes() {
    return applied.values().stream().mapToLong(LongAdder::sum).sum();
  }

  long commits() {
    return commits.sum();
  }

  long failures() {
    return failures.sum();
  }

  long gaps() {
    return gaps.sum();
  }

  long misses() {
    return missed.sum();
  }

  long skips() {
    return skipped.sum();
  }

  Map<String, LongAdder> retries() {
    return retries;
  }

  @Nullable Instant committedAt() {
    return committedAt;
  }

  /** Tells whether its pipeline has reported a state. */
  boolean isTold() {
    return described;
  }

  Shown shown() {
    return shown;
  }
}
