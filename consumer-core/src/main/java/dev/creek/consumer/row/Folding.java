package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;
import dev.creek.consumer.wire.Change;
import java.util.List;

/**
 * Folds batches: one pass over all changes that reads keys alone, then one over the survivors. Not
 * thread-safe; used again for the next batch.
 */
final class Folding {
  /** What a table with a rare, huge batch may hold on to for ever. */
  private static final int MAX_RETAINED_BYTES = 4 << 20;

  /** Of a value: its length word, and what a number has more than on the wire. */
  private static final int COPY_OVERHEAD_BYTES = 8;

  private static final int MAX_GUESS_BYTES = 16 << 20;

  private static final int DELETED = -1;
  private static final int NO_KEY = -1;

  private final ImageKeys images;
  private final RowPlan rows;
  private final KeyTable keys = new KeyTable();
  private final AvroCursor cursor = new AvroCursor();

  /** By key: the change that made its last state, or {@link #DELETED}. */
  private int[] last = {};

  /** By change: the key of the row that it wrote, or {@link #NO_KEY}. */
  private int[] wrote = {};

  /** By key: whether the batch began with inserting it. */
  private boolean[] born = {};

  Folding(ImageKeys images, RowPlan rows) {
    this.images = images;
    this.rows = rows;
  }

  /**
   * @param copiedFrom how many rows, where there is nothing else to do, become a COPY
   */
  FoldedChanges fold(List<Change> changes, int copiedFrom) {
    begin(changes.size());
    int first = 0;
    for (int i = 0; i < changes.size(); i++) {
      if (readKeys(changes.get(i), i, changes.size())) {
        first = i + 1;
      }
    }
    boolean truncated = first > 0;
    // Behind a truncate there is nothing to delete but what this batch wrote, and will not write.
    RowColumns deletes = truncated ? RowColumns.EMPTY : deletes();
    int survivors = 0;
    boolean fresh = true;
    for (int i = first; i < changes.size(); i++) {
      if (survives(i)) {
        survivors++;
        fresh &= born[wrote[i]];
      }
    }
    boolean copied = fresh && !truncated && deletes.rows() == 0 && survivors >= copiedFrom;
    return new FoldedChanges(
        truncated,
        deletes,
        copied ? RowColumns.EMPTY : upserts(changes, first, survivors),
        copied ? copied(changes, survivors) : null,
        fresh);
  }

  boolean tooLargeToKeep() {
    return keys.retainedBytes() + 4 * (last.length + wrote.length) + born.length
        > MAX_RETAINED_BYTES;
  }

  private void begin(int changes) {
    // A key change has two.
    keys.clear(2 * changes);
    if (wrote.length < changes) {
      wrote = new int[changes];
      last = new int[2 * changes];
      born = new boolean[2 * changes];
    }
  }

  /** Whether it was a truncate: what came before does not count any more. */
  private boolean readKeys(Change change, int i, int changes) {
    wrote[i] = NO_KEY;
    switch (change.operation()) {
      case INSERT -> {
        int known = keys.size();
        int key = after(change);
        born[key] = key == known || born[key];
        wrote(i, key);
      }
      case READ, UPDATE -> wrote(i, after(change));
      case UPDATE_KEY -> {
        last[before(change)] = DELETED;
        // In this order: with equal keys it is an update.
        wrote(i, after(change));
      }
      case DELETE -> last[before(change)] = DELETED;
      case TRUNCATE -> {
        if (keys.size() > 0) {
          keys.clear(2 * (changes - i));
        }
        return true;
      }
    }
    return false;
  }

  private void wrote(int change, int key) {
    wrote[change] = key;
    last[key] = change;
  }

  private int before(Change change) {
    images.before(cursor, change, keys.bytes());
    return intern(change);
  }

  private int after(Change change) {
    images.after(cursor, change, keys.bytes());
    return intern(change);
  }

  private int intern(Change change) {
    if (keys.bytes().hasNull()) {
      throw images.nullInKey(change, keys.bytes().array(), keys.start(keys.size()));
    }
    int known = keys.size();
    int key = keys.intern();
    if (key == known) {
      born[key] = false;
    }
    return key;
  }

  private RowColumns deletes() {
    int deleted = 0;
    int bytes = 0;
    for (int key = 0; key < keys.size(); key++) {
      if (last[key] == DELETED) {
        deleted++;
        bytes += keys.start(key + 1) - keys.start(key);
      }
    }
    var into = images.newColumns(bytes);
    for (int key = 0; deleted > 0 && key < keys.size(); key++) {
      if (last[key] == DELETED) {
        ImageKeys.split(keys.bytes().array(), keys.start(key), into);
      }
    }
    return RowPlan.rowColumns(into, deleted);
  }

  private RowColumns upserts(List<Change> changes, int first, int survivors) {
    if (survivors == 0) {
      return RowColumns.EMPTY;
    }
    var into = rows.newColumns(survivors);
    for (int i = first; i < changes.size(); i++) {
      if (survives(i)) {
        rows.transcode(afterImage(changes.get(i)), changes.get(i).sequence(), into);
      }
    }
    return RowPlan.rowColumns(into, survivors);
  }

  private CopyRows copied(List<Change> changes, int survivors) {
    var into = new CopyRows(copyBytes(changes, survivors));
    into.begin();
    for (int i = 0; i < changes.size(); i++) {
      if (survives(i)) {
        rows.copy(afterImage(changes.get(i)), changes.get(i).sequence(), into);
      }
    }
    into.end();
    return into;
  }

  /**
   * About what they take, so that the buffer need not grow: numbers are longer than on the wire.
   */
  private int copyBytes(List<Change> changes, int survivors) {
    long bytes = (long) survivors * rows.columns().size() * COPY_OVERHEAD_BYTES;
    for (int i = 0; i < changes.size(); i++) {
      if (survives(i)) {
        bytes += changes.get(i).end() - changes.get(i).after();
      }
    }
    return (int) Math.min(bytes, MAX_GUESS_BYTES);
  }

  private AvroCursor afterImage(Change change) {
    cursor.over(change.data(), change.after(), change.end());
    return cursor;
  }

  private boolean survives(int change) {
    return wrote[change] != NO_KEY && last[wrote[change]] == change;
  }
}
