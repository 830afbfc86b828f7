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
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a program has already of the changes behind its position: by table, what the snapshots hold
 * that it has read; and of all tables, what it has handled before the producer's generation
 * changed, which writes to another stream. What is certain is left out. Immutable.
 */
final class SnapshotHoldings {
  static final SnapshotHoldings NONE = new SnapshotHoldings(Map.of());

  /** Changes that were committed so long after a snapshot are not in it, whatever they say. */
  private static final Duration OVER = Duration.ofSeconds(10);

  private static final int FIELDS = 6;

  /** In place of a table's name. */
  private static final String ALL = "*";

  private final Map<SourceTable, Horizon> horizons;
  private final @Nullable Horizon handled;

  SnapshotHoldings(Map<SourceTable, Horizon> horizons) {
    this(horizons, null);
  }

  private SnapshotHoldings(Map<SourceTable, Horizon> horizons, @Nullable Horizon handled) {
    this.horizons = new LinkedHashMap<>(horizons);
    this.handled = handled;
  }

  /** The same in another stream, where everything up to a position has been handled. */
  SnapshotHoldings elsewhere(Position position, Instant committedAt) {
    Map<SourceTable, Horizon> there = new LinkedHashMap<>();
    // Sequences do not count there.
    horizons.forEach(
        (table, one) ->
            there.put(
                table, new Horizon(one.kind(), 0, 0, one.transactionId(), one.lsn(), one.at())));
    return new SnapshotHoldings(there, Horizon.of(position, committedAt));
  }

  /** Reads the form that {@link #at} returns. */
  static SnapshotHoldings parse(String text) {
    Map<SourceTable, Horizon> horizons = new LinkedHashMap<>();
    Horizon handled = null;
    for (String line : text.split("\\n", -1)) {
      String[] parts = line.split("\\t", FIELDS);
      if (parts.length == FIELDS) {
        boolean all = parts[5].equals(ALL);
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
          horizons.put(SourceTable.parse(parts[5]), horizon);
        }
      }
    }
    return horizons.isEmpty() && handled == null ? NONE : new SnapshotHoldings(horizons, handled);
  }

  /** The text to be stored with a position; empty once nothing behind it is held. */
  String at(Position position) {
    Stream<String> tables =
        horizons.entrySet().stream()
            .filter(one -> !isOver(one.getValue(), position.committedAt()))
            .map(one -> line(one.getValue(), one.getKey().toString()));
    Stream<String> all =
        Stream.ofNullable(handled)
            .filter(one -> !isOver(one, position.committedAt()))
            .map(one -> line(one, ALL));
    return Stream.concat(tables, all).collect(Collectors.joining("\n"));
  }

  private static String line(Horizon horizon, String of) {
    return "%d\t%d\t%d\t%d\t%s\t%s"
        .formatted(
            horizon.from(),
            horizon.through(),
            horizon.transactionId(),
            horizon.lsn(),
            horizon.at(),
            of);
  }

  private static boolean isOver(Horizon horizon, @Nullable Instant committedAt) {
    return committedAt != null && committedAt.isAfter(horizon.at().plus(OVER));
  }

  /** The position with that text. */
  StoredPosition stored(Position position) {
    return new StoredPosition(position, isEmpty() ? "" : at(position));
  }

  private boolean isEmpty() {
    return horizons.isEmpty() && handled == null;
  }

  /** The smallest sequence up to which all snapshots hold everything. */
  long through() {
    return horizons.values().stream().mapToLong(Horizon::through).min().orElse(0);
  }

  /** A batch without the changes that snapshots hold for certain. */
  Batch without(Batch batch, Function<WalSchema, SourceTable> tables) {
    if (isEmpty() || batch.changes().isEmpty()) {
      return batch;
    }
    List<Change> left = new ArrayList<>(batch.changes().size());
    List<Change> all = batch.changes();
    int from = 0;
    for (int to = 1; to <= all.size(); to++) {
      if (to == all.size() || !all.get(to).sameTransaction(all.get(from))) {
        addMissing(all.subList(from, to), tables, left);
        from = to;
      }
    }
    return left.size() == all.size()
        ? batch
        : new Batch(left, batch.bytes(), batch.endsTransaction(), batch.position());
  }

  /** A transaction is judged by its last change: a snapshot holds all of it or nothing. */
  private void addMissing(
      List<Change> transaction, Function<WalSchema, SourceTable> tables, List<Change> left) {
    Change last = transaction.get(transaction.size() - 1);
    for (Change change : transaction) {
      if (!isHeld(horizons.get(tables.apply(change.schema())), last) && !isHeld(handled, last)) {
        left.add(change);
      }
    }
  }

  private static boolean isHeld(@Nullable Horizon horizon, Change change) {
    return horizon != null && horizon.judge(change) == Judgement.HELD;
  }

  /** Tells whether a change of a table may be held, although that is not certain. */
  boolean mayHold(SourceTable table, Change change) {
    return isDoubtful(horizons.get(table), change) || isDoubtful(handled, change);
  }

  private static boolean isDoubtful(@Nullable Horizon horizon, Change change) {
    return horizon != null && !horizon.judge(change).certain();
  }
}
