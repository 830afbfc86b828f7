package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;
import dev.creek.consumer.wire.Change;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.Stream;

/**
 * Folds batches: one pass over all changes that reads only keys, then one over the remaining rows.
 * Not thread-safe; reused for the next batch.
 */
final class Folding {
  /** Most bytes that are kept between batches, for a table with a rare, huge batch. */
  private static final int MAX_RETAINED_BYTES = 4 << 20;

  /**
   * Additional bytes per value: its length word, and the greater length of a number than on the
   * wire.
   */
  private static final int COPY_OVERHEAD_BYTES = 8;

  private static final int MAX_GUESS_BYTES = 16 << 20;

  private final ImageKeys images;
  private final RowPlan rows;
  private final NumberedKeys keys;
  private final RowFates fates = new RowFates();
  private final AvroCursor cursor = new AvroCursor();

  /** The batch that is folded. */
  private List<Change> changes = List.of();

  /** By change: its row's key, the new one if it changes. */
  private int[] key = {};

  private boolean moves;

  private final boolean inPlace;

  Folding(ImageKeys images, RowPlan rows) {
    this.images = images;
    this.keys = new NumberedKeys(images);
    this.rows = rows;
    this.inPlace = !rows.overridesIdentity();
  }

  /**
   * @param copiedFrom smallest number of rows that become a COPY if there is nothing else to do
   */
  FoldedChanges fold(List<Change> batch, int copiedFrom) {
    changes = batch;
    keys.clear(batch.size());
    fates.clear(batch.size());
    key = key.length < batch.size() ? new int[batch.size()] : key;
    moves = false;
    int first = 0;
    for (int i = 0; i < batch.size(); i++) {
      if (readKeys(batch.get(i), i)) {
        first = i + 1;
      }
    }
    FoldedChanges folded = fates.isEntangled() ? FoldedChanges.ORDERED : folded(first, copiedFrom);
    changes = List.of();
    return folded;
  }

  private FoldedChanges folded(int first, int copiedFrom) {
    boolean truncated = first > 0;
    int moved = 0;
    int updated = 0;
    int inserted = 0;
    for (int i = first; i < changes.size(); i++) {
      int row = fates.survivor(i);
      if (row != RowFates.NONE) {
        switch (fate(row)) {
          case MOVED -> moved++;
          case UPDATED -> updated++;
          case INSERTED -> inserted++;
        }
      }
    }
    // After a truncate there is nothing to delete except rows of this batch, which are not written.
    RowColumns deletes = truncated ? RowColumns.EMPTY : keys(this::isDeleted);
    RowColumns vacated = truncated ? RowColumns.EMPTY : keys(this::isVacated);
    boolean copied =
        !truncated
            && deletes.rows() + vacated.rows() == 0
            && moved + updated == 0
            && inserted >= copiedFrom;
    return new FoldedChanges(
        false,
        truncated,
        deletes,
        vacated,
        rows(Fate.MOVED, first, moved),
        rows(Fate.UPDATED, first, updated),
        copied ? RowColumns.EMPTY : rows(Fate.INSERTED, first, inserted),
        truncated || moves || updated == 0 ? null : updated(updated),
        copied ? copied(inserted) : null);
  }

  private UpdatedRows updated(int count) {
    int[] its = new int[count];
    int next = 0;
    for (int i = 0; i < changes.size(); i++) {
      int row = fates.survivor(i);
      if (row != RowFates.NONE && fate(row) == Fate.UPDATED) {
        its[next++] = key[i];
      }
    }
    return new UpdatedRows(Arrays.copyOf(key, changes.size()), its);
  }

  boolean tooLargeToKeep() {
    return keys.retainedBytes() + fates.retainedBytes() + 4 * key.length > MAX_RETAINED_BYTES;
  }

  /** Returns true for a truncate: earlier changes do not count any more. */
  private boolean readKeys(Change change, int i) {
    switch (change.operation()) {
      case INSERT -> {
        key[i] = keys.after(change);
        fates.insert(key[i], i);
      }
      case READ, UPDATE -> {
        key[i] = keys.after(change);
        fates.update(key[i], i);
      }
      case UPDATE_KEY -> {
        int before = keys.before(change);
        key[i] = keys.after(change);
        if (before == key[i]) {
          fates.update(key[i], i);
        } else {
          fates.move(before, key[i], i);
          moves = true;
        }
      }
      case DELETE -> {
        key[i] = keys.before(change);
        fates.delete(key[i], i);
      }
      case TRUNCATE -> {
        fates.skip(i);
        if (keys.size() > 0) {
          keys.clear(changes.size() - i);
          fates.forget();
        }
        return true;
      }
    }
    return false;
  }

  /** The way in which a remaining row is written. */
  private enum Fate {
    MOVED,
    UPDATED,
    INSERTED
  }

  private Fate fate(int row) {
    if (!inPlace) {
      return fates.wasTaken(fates.key(row)) ? Fate.UPDATED : Fate.INSERTED;
    }
    if (fates.isBorn(row)) {
      return Fate.INSERTED;
    }
    return fates.isMoved(row) ? Fate.MOVED : Fate.UPDATED;
  }

  /** Tells whether the row that had this key is deleted, and no other takes its place. */
  private boolean isDeleted(int key) {
    return fates.wasTaken(key)
        && (inPlace ? fates.isDeleted(fates.home(key)) : fates.isVacant(key));
  }

  private boolean isVacated(int key) {
    return fates.isVacant(key) && !fates.wasTaken(key);
  }

  private RowColumns keys(IntPredicate wanted) {
    int count = 0;
    int bytes = 0;
    for (int key = 0; key < keys.size(); key++) {
      if (wanted.test(key)) {
        count++;
        bytes += keys.bytes(key);
      }
    }
    if (count == 0) {
      return RowColumns.EMPTY;
    }
    var into = images.newColumns(bytes);
    for (int key = 0; key < keys.size(); key++) {
      if (wanted.test(key)) {
        keys.split(key, into);
      }
    }
    return RowPlan.rowColumns(into, count);
  }

  private RowColumns rows(Fate fate, int first, int count) {
    if (count == 0) {
      return RowColumns.EMPTY;
    }
    var origins = fate == Fate.MOVED ? images.newColumns(16 * count) : new ValueColumn[0];
    var into = rows.newColumns(count);
    for (int i = first; i < changes.size(); i++) {
      int row = fates.survivor(i);
      if (row != RowFates.NONE && fate(row) == fate) {
        if (fate == Fate.MOVED) {
          keys.split(fates.origin(row), origins);
        }
        rows.transcode(afterImage(changes.get(i)), changes.get(i).sequence(), into);
      }
    }
    ValueColumn[] all =
        Stream.concat(Arrays.stream(origins), Arrays.stream(into)).toArray(ValueColumn[]::new);
    return RowPlan.rowColumns(all, count);
  }

  private CopyRows copied(int count) {
    var into = new CopyRows(copyBytes(count));
    into.begin();
    for (int i = 0; i < changes.size(); i++) {
      if (fates.survivor(i) != RowFates.NONE) {
        rows.copy(afterImage(changes.get(i)), changes.get(i).sequence(), into);
      }
    }
    into.end();
    return into;
  }

  /** Approximate size, so that the buffer need not grow: numbers are longer than on the wire. */
  private int copyBytes(int count) {
    long bytes = (long) count * rows.columns().size() * COPY_OVERHEAD_BYTES;
    for (int i = 0; i < changes.size(); i++) {
      if (fates.survivor(i) != RowFates.NONE) {
        bytes += changes.get(i).end() - changes.get(i).after();
      }
    }
    return (int) Math.min(bytes, MAX_GUESS_BYTES);
  }

  private AvroCursor afterImage(Change change) {
    cursor.over(change.data(), change.after(), change.end());
    return cursor;
  }
}
