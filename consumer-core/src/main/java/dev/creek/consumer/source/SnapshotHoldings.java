package dev.creek.consumer.source;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.stream.Horizon.Judgement;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalSchema;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a program has already of the changes behind its position: by table, what the snapshots hold
 * that it has read; and of all tables, what it has handled before the producer's generation
 * changed, which writes to another stream. What is certain is left out; for the rest, see {@link
 * HeldByRows}. For one subscription; thread-safe.
 */
final class SnapshotHoldings {
  static final SnapshotHoldings NONE = new SnapshotHoldings(Map.of());

  /** Changes that were committed so long after a snapshot are not in it, whatever they say. */
  private static final Duration OVER = Duration.ofSeconds(10);

  private static final int FIELDS = 7;

  /** In place of a table's name. */
  private static final String ALL = "*";

  private final Map<SourceTable, Held> snapshots;
  private final @Nullable Horizon handled;

  /** The stream sequence from which on nothing of a table is left out because of its rows. */
  private final Map<SourceTable, Long> passed = new ConcurrentHashMap<>();

  /** Whether that is to be stored before anything else is emitted. */
  private final AtomicBoolean unstored = new AtomicBoolean();

  /** Sequences of changes that numbers leave in doubt, and of which rows prove that they come. */
  private final Set<Long> lacking = ConcurrentHashMap.newKeySet();

  /**
   * What a snapshot holds.
   *
   * @param snapshot its name; empty if its rows are not to be asked
   */
  record Held(Horizon horizon, String snapshot) {
    /** In another stream sequences do not count. */
    Held elsewhere() {
      return new Held(
          new Horizon(horizon.kind(), 0, 0, horizon.transactionId(), horizon.lsn(), horizon.at()),
          snapshot);
    }
  }

  SnapshotHoldings(Map<SourceTable, Held> snapshots) {
    this(snapshots, null);
  }

  private SnapshotHoldings(Map<SourceTable, Held> snapshots, @Nullable Horizon handled) {
    this.snapshots = new LinkedHashMap<>(snapshots);
    this.handled = handled;
  }

  /** The same in another stream, where everything up to a position has been handled. */
  SnapshotHoldings elsewhere(Position position, Instant committedAt) {
    Map<SourceTable, Held> there = new LinkedHashMap<>();
    snapshots.forEach((table, held) -> there.put(table, held.elsewhere()));
    return new SnapshotHoldings(there, Horizon.of(position, committedAt));
  }

  /** Reads the form that {@link #at} returns. */
  static SnapshotHoldings parse(String text) {
    Map<SourceTable, Held> snapshots = new LinkedHashMap<>();
    Horizon handled = null;
    for (String line : text.split("\\n", -1)) {
      String[] parts = line.split("\\t", FIELDS);
      if (parts.length == FIELDS) {
        boolean all = parts[6].equals(ALL);
        var horizon =
            new Horizon(
                all ? Horizon.Kind.POSITION : Horizon.Kind.SNAPSHOT,
                Long.parseLong(parts[0]),
                Long.parseLong(parts[1]),
                Long.parseLong(parts[2]),
                Long.parseLong(parts[3]),
                Instant.parse(parts[4]));
        if (all) {
          handled = horizon;
        } else {
          snapshots.put(SourceTable.parse(parts[6]), new Held(horizon, parts[5]));
        }
      }
    }
    return snapshots.isEmpty() && handled == null ? NONE : new SnapshotHoldings(snapshots, handled);
  }

  /**
   * The text to be stored with a position; empty once nothing behind it is held. Behind the first
   * change that came although it was in doubt, it has no name of a snapshot whose rows might be
   * asked; what is in doubt remains so.
   */
  String at(Position position) {
    Stream<String> tables =
        snapshots.entrySet().stream()
            .filter(one -> !isOver(one.getValue().horizon(), position.committedAt()))
            .map(
                one ->
                    line(
                        one.getValue().horizon(),
                        isPassed(one.getKey(), position.sequence())
                            ? ""
                            : one.getValue().snapshot(),
                        one.getKey().toString()));
    Stream<String> all =
        Stream.ofNullable(handled)
            .filter(one -> !isOver(one, position.committedAt()))
            .map(one -> line(one, "", ALL));
    return Stream.concat(tables, all).collect(Collectors.joining("\n"));
  }

  private boolean isPassed(SourceTable table, long sequence) {
    Long from = passed.get(table);
    return from != null && sequence >= from;
  }

  private static String line(Horizon horizon, String snapshot, String of) {
    return "%d\t%d\t%d\t%d\t%s\t%s\t%s"
        .formatted(
            horizon.from(),
            horizon.through(),
            horizon.transactionId(),
            horizon.lsn(),
            horizon.at(),
            snapshot,
            of);
  }

  private static boolean isOver(Horizon horizon, @Nullable Instant committedAt) {
    return committedAt != null && committedAt.isAfter(horizon.at().plus(OVER));
  }

  /** The position with that text. */
  StoredPosition stored(Position position) {
    return new StoredPosition(position, isEmpty() ? "" : at(position));
  }

  /** Tells whether nothing can be left out. */
  boolean isEmpty() {
    return snapshots.isEmpty() && handled == null;
  }

  /** The smallest sequence up to which all snapshots hold everything. */
  long through() {
    return snapshots.values().stream().mapToLong(held -> held.horizon().through()).min().orElse(0);
  }

  /** A batch without the changes that snapshots hold for certain. */
  Batch without(Batch batch, Function<WalSchema, SourceTable> tables) {
    if (isEmpty() || batch.changes().isEmpty()) {
      return batch;
    }
    List<Change> left = new ArrayList<>(batch.changes().size());
    transactions(batch.changes()).forEach(one -> addMissing(one, tables, left));
    return left.size() == batch.changes().size()
        ? batch
        : new Batch(left, batch.bytes(), batch.endsTransaction(), batch.position());
  }

  /** The source transactions of changes that follow one another. */
  static List<List<Change>> transactions(List<Change> all) {
    List<List<Change>> transactions = new ArrayList<>();
    int from = 0;
    for (int to = 1; to <= all.size(); to++) {
      if (to == all.size() || !all.get(to).sameTransaction(all.get(from))) {
        transactions.add(all.subList(from, to));
        from = to;
      }
    }
    return transactions;
  }

  /**
   * A snapshot holds all of a transaction or nothing. By its last change times and places are
   * judged; by its first one, whether the stream held a part of it before the snapshot was
   * requested.
   */
  private void addMissing(
      List<Change> transaction, Function<WalSchema, SourceTable> tables, List<Change> left) {
    Change first = transaction.get(0);
    Change last = transaction.get(transaction.size() - 1);
    for (Change change : transaction) {
      Horizon horizon = horizon(tables.apply(change.schema()));
      if (!isHeld(horizon, first) && !isHeld(horizon, last) && !isHeld(handled, last)) {
        left.add(change);
      }
    }
  }

  private @Nullable Horizon horizon(SourceTable table) {
    Held held = snapshots.get(table);
    return held == null ? null : held.horizon();
  }

  /** The tables of which rows may still be asked, or will come to be known as not. */
  List<SourceTable> undecided() {
    return snapshots.keySet().stream().filter(table -> !passed.containsKey(table)).toList();
  }

  /** What numbers and times tell of a transaction, by its last change, for an undecided table. */
  Judgement bySnapshot(SourceTable table, Change last) {
    return Objects.requireNonNull(horizon(table)).judge(last);
  }

  /** The name of a table's snapshot; empty if it is not known. */
  String snapshot(SourceTable table) {
    Held held = snapshots.get(table);
    return held == null ? "" : held.snapshot();
  }

  /**
   * From this change on nothing of a table is left out because of its rows. Whoever begins again
   * before it, and asks the rows, finds the same.
   */
  void passes(SourceTable table, Change first) {
    passed.put(table, first.sequence());
  }

  /**
   * The same for all that comes from now on. Whoever begins again might find something else, and
   * leave out what a change that came now depends on: so this must be stored before it is emitted.
   */
  void passesUnproven(SourceTable table) {
    passed.put(table, 0L);
    if (!snapshot(table).isEmpty()) {
      unstored.set(true);
    }
  }

  /** Tells, once, that what {@link #at} returns must be stored before anything else is emitted. */
  boolean takeUnstored() {
    return unstored.getAndSet(false);
  }

  /** Rows prove that a snapshot lacks a transaction. */
  void lacks(List<Change> transaction) {
    transaction.forEach(change -> lacking.add(change.sequence()));
  }

  private static boolean isHeld(@Nullable Horizon horizon, Change change) {
    return horizon != null && horizon.judge(change) == Judgement.HELD;
  }

  /** Tells whether a change of a table may be held, although that is not certain. */
  boolean mayHold(SourceTable table, Change change) {
    return !isEmpty()
        && ((isDoubtful(horizon(table), change) && !lacking.contains(change.sequence()))
            || isDoubtful(handled, change));
  }

  private static boolean isDoubtful(@Nullable Horizon horizon, Change change) {
    return horizon != null && !horizon.judge(change).certain();
  }
}
