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

/** What is counted of one table that is handled here. Thread-safe; nothing waits. */
final class TableMeter {
  /** The states that a table can be in, as the library spells them. */
  static final List<String> STATES =
      List.of("waiting", "streaming", "snapshotting", "failed", "gap", "inactive");

  /** What a change does. */
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
   * A state as it was told.
   *
   * @param since when it began
   */
  record Shown(String state, @Nullable String reason, @Nullable String hint, Instant since) {
    /** Whether somebody has to do something about it. */
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

  /** Counts an entry into failed or gap once, however often the reason is told anew. */
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

  /** Why its rows may differ from the source's: how many reasons there are of each cause. */
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

  /** Whether its line has said how it stands. */
  boolean isTold() {
    return described;
  }

  Shown shown() {
    return shown;
  }
}
