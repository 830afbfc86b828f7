package dev.creek.consumer.source;

import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SourceException;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.Horizon.Judgement;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalSchema;
import dev.creek.consumer.wire.WireField;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Leaves out what a snapshot holds although numbers and times do not prove it, of tables with a
 * key: its rows show it. They are read once more for that, and only if there is such a change.
 *
 * <p>A transaction is left out if each of its rows is in the snapshot as it left it, or as a later
 * one of the same doubt did, and if all before it were left out. So leaving it out cannot lose
 * anything: the program has these rows. The first one of which this is not true comes, and
 * everything behind it. For one subscription; batches come one at a time.
 */
final class HeldByRows {
  /** The state of a row that is not there. */
  private static final Map<String, @Nullable Object> ABSENT = Map.of();

  private final SourcePorts ports;
  private final SnapshotHoldings holdings;
  private final Function<WalSchema, SourceTable> tables;
  private final ChangeReader<Row> reader;

  HeldByRows(
      SourcePorts ports, SnapshotHoldings holdings, Function<WalSchema, SourceTable> tables) {
    this.ports = ports;
    this.holdings = holdings;
    this.tables = tables;
    this.reader = new ChangeReader<>(RowMapper.rows(), tables, SnapshotHoldings.NONE);
  }

  /** The doubtful transactions of a table that follow one another. */
  private static final class Doubt {
    private final List<List<Change>> transactions = new ArrayList<>();

    /** Whether one follows that the snapshot certainly lacks: no other is in doubt. */
    private boolean complete;
  }

  /** Rows by key, as transactions leave them. */
  private record States(
      List<String> key, List<Map<List<Object>, Map<String, @Nullable Object>>> left) {
    Set<List<Object>> keys() {
      Set<List<Object>> all = new HashSet<>();
      left.forEach(one -> all.addAll(one.keySet()));
      return all;
    }

    /** Tells whether a snapshot with these rows may hold a transaction. */
    boolean mayBeIn(Map<List<Object>, Map<String, @Nullable Object>> rows, int transaction) {
      return left.get(transaction).keySet().stream()
          .allMatch(
              one ->
                  left.subList(transaction, left.size()).stream()
                      .map(state -> state.get(one))
                      .anyMatch(state -> equal(state, rows.getOrDefault(one, ABSENT))));
    }

    /** The snapshot's row may have more columns: generated ones. */
    private static boolean equal(
        @Nullable Map<String, @Nullable Object> state, Map<String, @Nullable Object> row) {
      return state != null
          && (state.isEmpty() == row.isEmpty())
          && state.entrySet().stream()
              .allMatch(
                  column ->
                      row.containsKey(column.getKey())
                          && Objects.equals(column.getValue(), row.get(column.getKey())));
    }
  }

  /** The batch without what snapshots hold. */
  Mono<Batch> without(Batch batch) {
    Map<SourceTable, Doubt> doubts = doubts(batch);
    if (doubts.isEmpty()) {
      return Mono.just(batch);
    }
    return Flux.fromIterable(doubts.entrySet())
        .concatMap(doubt -> held(doubt.getKey(), doubt.getValue()))
        .collect(HashSet<Long>::new, Set::addAll)
        .map(held -> held.isEmpty() ? batch : without(batch, held));
  }

  private static Batch without(Batch batch, Set<Long> held) {
    return new Batch(
        batch.changes().stream().filter(change -> !held.contains(change.sequence())).toList(),
        batch.bytes(),
        batch.endsTransaction(),
        batch.position());
  }

  private Map<SourceTable, Doubt> doubts(Batch batch) {
    Map<SourceTable, Doubt> doubts = new LinkedHashMap<>();
    SnapshotHoldings.transactions(batch.changes())
        .forEach(transaction -> addTo(doubts, transaction));
    doubts.values().removeIf(doubt -> doubt.transactions.isEmpty());
    return doubts;
  }

  private void addTo(Map<SourceTable, Doubt> doubts, List<Change> transaction) {
    Change last = transaction.get(transaction.size() - 1);
    Map<SourceTable, List<Change>> byTable = new LinkedHashMap<>();
    for (Change change : transaction) {
      byTable
          .computeIfAbsent(tables.apply(change.schema()), table -> new ArrayList<>())
          .add(change);
    }
    byTable.forEach(
        (table, changes) -> {
          Judgement judgement = holdings.bySnapshot(table, last);
          Doubt doubt = doubts.computeIfAbsent(table, first -> new Doubt());
          if (judgement == null || doubt.complete) {
            return;
          }
          if (judgement.certain()) {
            doubt.complete = true;
          } else {
            doubt.transactions.add(changes);
          }
        });
  }

  private Mono<Set<Long>> held(SourceTable table, Doubt doubt) {
    States states = states(doubt.transactions);
    String snapshot = holdings.snapshot(table);
    if (states == null || snapshot.isEmpty()) {
      return Mono.fromSupplier(() -> allCome(table, doubt));
    }
    return rows(table, snapshot, states)
        .map(rows -> decide(table, doubt, states, rows))
        .switchIfEmpty(Mono.fromSupplier(() -> allCome(table, doubt)));
  }

  /** Rows show nothing: what is in doubt comes, and stays in doubt. */
  private Set<Long> allCome(SourceTable table, Doubt doubt) {
    holdings.passes(table, doubt.transactions.get(0).get(0));
    return Set.of();
  }

  private Set<Long> decide(
      SourceTable table,
      Doubt doubt,
      States states,
      Map<List<Object>, Map<String, @Nullable Object>> rows) {
    Set<Long> held = new HashSet<>();
    boolean passed = false;
    for (int i = 0; i < doubt.transactions.size(); i++) {
      List<Change> transaction = doubt.transactions.get(i);
      boolean may = states.mayBeIn(rows, i);
      if (may && !passed) {
        transaction.forEach(change -> held.add(change.sequence()));
        continue;
      }
      if (!passed) {
        passed = true;
        holdings.passes(table, transaction.get(0));
      }
      if (!may && doubt.complete) {
        holdings.lacks(transaction);
      }
    }
    return held;
  }

  /** The snapshot's rows of these keys; empty if it cannot be read again. */
  private Mono<Map<List<Object>, Map<String, @Nullable Object>>> rows(
      SourceTable table, String snapshot, States states) {
    Set<List<Object>> wanted = states.keys();
    return new TableSnapshot(ports, table, snapshot, null)
        .chunks()
        .concatMapIterable(chunk -> chunk.rows(RowMapper.rows()), 1)
        .filter(row -> wanted.contains(key(row, states.key())))
        .collectMap(row -> key(row, states.key()), Row::toMap)
        .onErrorResume(HeldByRows::showsNothing, error -> Mono.empty());
  }

  private static boolean showsNothing(Throwable error) {
    return error instanceof SnapshotException
        || error instanceof SourceException.Undecodable
        || error instanceof IllegalArgumentException;
  }

  /** Null if rows show nothing: without a key, or if all were removed. */
  @SuppressWarnings("ReferenceEquality") // one instance for each fingerprint of a table
  private @Nullable States states(List<List<Change>> transactions) {
    WalSchema schema = transactions.get(0).get(0).schema();
    List<String> key = schema.before().columns().stream().map(WireField::name).toList();
    if (key.isEmpty() || ChangeReader.isFull(schema)) {
      return null;
    }
    List<Map<List<Object>, Map<String, @Nullable Object>>> left = new ArrayList<>();
    for (List<Change> transaction : transactions) {
      Map<List<Object>, Map<String, @Nullable Object>> state = new HashMap<>();
      for (Change change : transaction) {
        if (change.schema() != schema || !apply(reader.read(change), key, state)) {
          return null;
        }
      }
      left.add(state);
    }
    return new States(key, left);
  }

  /** Returns false for a change of the whole table. */
  private static boolean apply(
      dev.creek.consumer.source.Change<Row> change,
      List<String> key,
      Map<List<Object>, Map<String, @Nullable Object>> state) {
    if (change instanceof dev.creek.consumer.source.Change.Insert<Row> insert) {
      state.put(key(insert.row(), key), insert.row().toMap());
    } else if (change instanceof dev.creek.consumer.source.Change.Update<Row> update) {
      state.put(key(update.row(), key), update.row().toMap());
    } else if (change instanceof dev.creek.consumer.source.Change.KeyChange<Row> moved) {
      state.put(key(moved.oldKey(), key), ABSENT);
      state.put(key(moved.row(), key), moved.row().toMap());
    } else if (change instanceof dev.creek.consumer.source.Change.Delete<Row> delete) {
      state.put(key(delete.key(), key), ABSENT);
    } else {
      return false;
    }
    return true;
  }

  private static List<Object> key(Row row, List<String> columns) {
    List<Object> values = new ArrayList<>(columns.size());
    for (String column : columns) {
      values.add(Objects.requireNonNullElse(row.get(column), ABSENT));
    }
    return values;
  }
}
