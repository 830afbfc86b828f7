package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.Operation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Divides a batch in which the order of changes matters into parts in which it does not. Two rows
 * are entangled if one of them has, had or gets the key of the other or, as the caller finds out,
 * another unique value. A row that is entangled with none can be written at any time.
 *
 * <p>Keys stand for rows, and are numbered from 0 on. Not thread-safe.
 */
public final class EntangledRows {
  private static final int NONE = -1;

  private final List<Change> changes;
  private final ImageKeys images;
  private final RowPlan rows;
  private final NumberedKeys keys;

  /** By change: its row's key, the new one if it changes. */
  private final int[] key;

  /** By change: true if its row's key changes. */
  private final boolean[] moves;

  /** By key: another key of the same set, or itself. */
  private final int[] parent;

  /** By key that is its own parent: the number of keys in its set. */
  private final int[] size;

  /**
   * Reads all keys.
   *
   * @param changes no TRUNCATE is among them
   */
  EntangledRows(List<Change> changes, ImageKeys images, RowPlan rows) {
    this.changes = changes;
    this.images = images;
    this.rows = rows;
    this.keys = new NumberedKeys(images);
    this.key = new int[changes.size()];
    this.moves = new boolean[changes.size()];
    this.parent = new int[2 * changes.size()];
    this.size = new int[parent.length];
    keys.clear(changes.size());
    Arrays.setAll(parent, i -> i);
    Arrays.fill(size, 1);
    for (int i = 0; i < key.length; i++) {
      read(i);
    }
  }

  private void read(int i) {
    Change change = changes.get(i);
    switch (change.operation()) {
      case INSERT, READ, UPDATE -> key[i] = keys.after(change);
      case DELETE -> key[i] = keys.before(change);
      case UPDATE_KEY -> {
        int before = keys.before(change);
        key[i] = keys.after(change);
        moves[i] = before != key[i];
        entangle(before, key[i]);
      }
      case TRUNCATE -> throw new IllegalArgumentException("a TRUNCATE concerns all rows");
    }
  }

  /**
   * The values that the changes write in some columns, once for each key: the key's number as INT4,
   * the {@link ChangePlan#keyColumns}, then {@link ChangePlan#columns(Set)}. A key that a row has
   * left has NULL there.
   */
  public RowColumns written(Set<String> columns) {
    RowPlan some = rows.only(columns);
    var values = new KeyTable();
    values.clear(2 * changes.size());
    var all = new ValueColumn[some.columns().size()];
    Arrays.fill(all, values.bytes());
    var cursor = new AvroCursor();
    for (int i = 0; i < key.length; i++) {
      Change change = changes.get(i);
      if (moves[i]) {
        values.bytes().addInt(keys.before(change));
        for (ValueColumn column : all) {
          column.addNull();
        }
        values.intern();
      }
      if (change.operation() != Operation.DELETE) {
        values.bytes().addInt(key[i]);
        cursor.over(change.data(), change.after(), change.end());
        some.transcode(cursor, change.sequence(), all);
        values.intern();
      }
    }
    return columns(values, all.length);
  }

  private RowColumns columns(KeyTable values, int written) {
    ValueColumn[] found = images.newColumns(16 * values.size());
    var number = new ValueColumn[] {new ValueColumn(8 * values.size())};
    var its = new ValueColumn[written];
    Arrays.setAll(its, i -> new ValueColumn(16 * values.size()));
    for (int i = 0; i < values.size(); i++) {
      byte[] bytes = values.bytes().array();
      int from = values.start(i);
      ImageKeys.split(bytes, from, number);
      keys.split(ValueColumn.intAt(bytes, from), found);
      ImageKeys.split(bytes, ValueColumn.end(bytes, from), its);
    }
    return RowPlan.rowColumns(
        Stream.of(number, found, its).flatMap(Arrays::stream).toArray(ValueColumn[]::new),
        values.size());
  }

  /** Notes that the rows of two keys share a unique value. */
  public void entangle(int one, int other) {
    int into = set(one);
    int from = set(other);
    if (into != from) {
      parent[from] = into;
      size[into] += size[from];
    }
  }

  private int set(int of) {
    int k = of;
    while (parent[k] != k) {
      parent[k] = parent[parent[k]];
      k = parent[k];
    }
    return k;
  }

  /**
   * The changes in parts that follow each other. Within a part the order does not matter: it has at
   * most one row of each set of entangled ones. The first part has all rows that are entangled with
   * none; it is the only one if all are.
   */
  public List<List<Change>> rounds() {
    List<List<Change>> rounds = new ArrayList<>();
    rounds.add(new ArrayList<>(changes.size()));
    int[] round = new int[keys.size()];
    int[] last = new int[keys.size()];
    Arrays.fill(last, NONE);
    for (int i = 0; i < key.length; i++) {
      int set = set(key[i]);
      boolean sameRow = last[set] == key[i] && !moves[i];
      if (size[set] > 1 && last[set] != NONE && !sameRow) {
        round[set]++;
      }
      last[set] = key[i];
      if (round[set] == rounds.size()) {
        rounds.add(new ArrayList<>());
      }
      rounds.get(round[set]).add(changes.get(i));
    }
    return rounds;
  }
}
