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
import org.jspecify.annotations.Nullable;

/**
 * What the snapshots that a program has read hold of the changes behind them, by table. What a
 * snapshot holds for certain is left out. Immutable.
 */
final class SnapshotHoldings {
  static final SnapshotHoldings NONE = new SnapshotHoldings(Map.of());

  /** Changes that were committed so long after a snapshot are not in it, whatever they say. */
  private static final Duration OVER = Duration.ofSeconds(10);

  private static final int FIELDS = 6;

  private final Map<SourceTable, Horizon> horizons;

  SnapshotHoldings(Map<SourceTable, Horizon> horizons) {
    this.horizons = new LinkedHashMap<>(horizons);
  }

  /** Reads the form that {@link #at} returns. */
  static SnapshotHoldings parse(String text) {
    Map<SourceTable, Horizon> horizons = new LinkedHashMap<>();
    for (String line : text.split("\\n", -1)) {
      String[] parts = line.split("\\t", FIELDS);
      if (parts.length == FIELDS) {
        horizons.put(
            SourceTable.parse(parts[5]),
            new Horizon(
                Horizon.Kind.SNAPSHOT,
                Long.parseLong(parts[0]),
                Long.parseLong(parts[1]),
                Long.parseLong(parts[2]),
                Long.parseLong(parts[3]),
                Instant.parse(parts[4])));
      }
    }
    return horizons.isEmpty() ? NONE : new SnapshotHoldings(horizons);
  }

  /** The text to be stored with a position; empty once they hold nothing behind it. */
  String at(Position position) {
    return horizons.entrySet().stream()
        .filter(one -> !isOver(one.getValue(), position.committedAt()))
        .map(
            one ->
                "%d\t%d\t%d\t%d\t%s\t%s"
                    .formatted(
                        one.getValue().from(),
                        one.getValue().through(),
                        one.getValue().transactionId(),
                        one.getValue().lsn(),
                        one.getValue().at(),
                        one.getKey()))
        .collect(Collectors.joining("\n"));
  }

  private static boolean isOver(Horizon horizon, @Nullable Instant committedAt) {
    return committedAt != null && committedAt.isAfter(horizon.at().plus(OVER));
  }

  /** The position with that text. */
  StoredPosition stored(Position position) {
    return new StoredPosition(position, horizons.isEmpty() ? "" : at(position));
  }

  /** The smallest sequence up to which all snapshots hold everything. */
  long through() {
    return horizons.values().stream().mapToLong(Horizon::through).min().orElse(0);
  }

  /** A batch without the changes that snapshots hold for certain. */
  Batch without(Batch batch, Function<WalSchema, SourceTable> tables) {
    if (horizons.isEmpty() || batch.changes().isEmpty()) {
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
      Horizon horizon = horizons.get(tables.apply(change.schema()));
      if (horizon == null || horizon.judge(last) != Judgement.HELD) {
        left.add(change);
      }
    }
  }

  /** Tells whether a table's snapshot may hold a change, although that is not certain. */
  boolean mayHold(SourceTable table, Change change) {
    Horizon horizon = horizons.get(table);
    return horizon != null && !horizon.judge(change).certain();
  }
}
