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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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

  /** The stream sequence from which on nothing of a table is left out any more. */
  private final Map<SourceTable, Long> passed = new ConcurrentHashMap<>();

  /** Sequences of changes that numbers leave in doubt, and of which rows prove that they come. */
  private final Set<Long> lacking = ConcurrentHashMap.newKeySet();

  /**
   * What a snapshot holds.
   *
   * @param snapshot its name; empty if it is not in the streams that are read now
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

  /** The text to be stored with a position; empty once nothing behind it is held. */
  String at(Position position) {
    Stream<String> tables =
        snapshots.entrySet().stream()
            .filter(one -> !isOver(one.getValue().horizon(), position.committedAt()))
            .filter(one -> !isPassed(one.getKey(), position.sequence()))
            .map(
                one ->
                    line(
                        one.getValue().horizon(),
                        one.getValue().snapshot(),
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

  /** A transaction is judged by its last change: a snapshot holds all of it or nothing. */
  private void addMissing(
      List<Change> transaction, Function<WalSchema, SourceTable> tables, List<Change> left) {
    Change last = transaction.get(transaction.size() - 1);
    for (Change change : transaction) {
      if (!isHeld(horizon(tables.apply(change.schema())), last) && !isHeld(handled, last)) {
        left.add(change);
      }
    }
  }

  private @Nullable Horizon horizon(SourceTable table) {
    Held held = snapshots.get(table);
    return held == null ? null : held.horizon();
  }

  /**
   * What numbers and times tell of a transaction, by its last change; null if there is no snapshot
   * of the table, or if nothing of it is left out any more.
   */
  @Nullable Judgement bySnapshot(SourceTable table, Change last) {
    Horizon horizon = horizon(table);
    return horizon == null || isPassed(table, last.sequence()) ? null : horizon.judge(last);
  }

  /** The name of a table's snapshot; empty if it is not known. */
  String snapshot(SourceTable table) {
    Held held = snapshots.get(table);
    return held == null ? "" : held.snapshot();
  }

  /** From this change on nothing of a table is left out because of its rows. */
  void passes(SourceTable table, Change first) {
    passed.put(table, first.sequence());
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
