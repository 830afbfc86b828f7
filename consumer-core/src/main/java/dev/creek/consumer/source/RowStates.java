package dev.creek.consumer.source;

import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalSchema;
import dev.creek.consumer.wire.WireField;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a table by key, as transactions leave them.
 *
 * @param key names of its columns
 * @param left one for each transaction: the rows that it touched; {@link #ABSENT} is one that it
 *     removed
 */
record RowStates(List<String> key, List<Map<List<Object>, Map<String, @Nullable Object>>> left) {
  /** The state of a row that is not there. */
  private static final Map<String, @Nullable Object> ABSENT = Map.of();

  /** Null if rows show nothing: without a key, if columns changed, or if all rows were removed. */
  @SuppressWarnings("ReferenceEquality") // one instance for each fingerprint of a table
  static @Nullable RowStates of(List<List<Change>> transactions, ChangeReader<Row> reader) {
    WalSchema schema = transactions.get(0).get(0).schema();
    List<String> key = schema.before().columns().stream().map(WireField::name).toList();
    if (!hasKey(schema)) {
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
    return new RowStates(key, left);
  }

  /** Tells whether changes of this schema name their rows by a key. */
  static boolean hasKey(WalSchema schema) {
    return !schema.before().columns().isEmpty() && !ChangeReader.isFull(schema);
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

  /** The key of a row. */
  List<Object> keyOf(Row row) {
    return key(row, key);
  }

  /** All keys that were touched. */
  Set<List<Object>> keys() {
    Set<List<Object>> all = new HashSet<>();
    left.forEach(one -> all.addAll(one.keySet()));
    return all;
  }

  /**
   * Tells whether a snapshot with these rows may hold a transaction: each row of it is as it left
   * it, or as a later one did.
   */
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
