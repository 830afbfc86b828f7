package dev.creek.consumer.row;

import dev.creek.consumer.wire.Change;
import java.util.ArrayList;
import java.util.List;

/**
 * Follows the keys of a batch, for a key that is only assumed to tell the source's rows apart. If a
 * new row gets the key of a row that these changes have left, the source has two rows with that
 * key. Keys are compared by their bytes; the target finds keys that only its own equality treats as
 * equal.
 */
final class Arrivals {
  private final ImageKeys images;
  private final NumberedKeys keys;

  /** By key: true if the changes have left a row with it. */
  private boolean[] present = {};

  /** Keys of new rows whose creation is the first thing that happens to that key. */
  private final List<Integer> arrived = new ArrayList<>();

  /** The table was emptied: keys of later rows need not be looked up. */
  private boolean emptied;

  Arrivals(ImageKeys images) {
    this.images = images;
    this.keys = new NumberedKeys(images);
  }

  RowColumns of(List<Change> changes) {
    present = new boolean[2 * changes.size()];
    keys.clear(changes.size());
    for (Change change : changes) {
      follow(change, changes.size());
    }
    var into = images.newColumns(arrived.stream().mapToInt(keys::bytes).sum());
    for (int key : arrived) {
      keys.split(key, into);
    }
    return RowPlan.rowColumns(into, arrived.size());
  }

  private void follow(Change change, int changes) {
    switch (change.operation()) {
      case INSERT -> arrive(change);
      case READ, UPDATE -> present[keys.after(change)] = true;
      case UPDATE_KEY -> {
        int before = keys.before(change);
        present[before] = false;
        arrive(change);
      }
      case DELETE -> present[keys.before(change)] = false;
      case TRUNCATE -> {
        keys.clear(changes);
        arrived.clear();
        present = new boolean[2 * changes];
        emptied = true;
      }
    }
  }

  private void arrive(Change change) {
    int known = keys.size();
    int key = keys.after(change);
    if (present[key]) {
      throw images.secondRow(change.sequence());
    }
    present[key] = true;
    // A row that moved away from its key and back, or never left it, existed before.
    if (key == known && !emptied) {
      arrived.add(key);
    }
  }
}
