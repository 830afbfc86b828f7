package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;
import dev.creek.consumer.wire.Change;
import java.util.ArrayList;
import java.util.List;

/**
 * Follows the keys of a batch for a key that the source does not vouch for: a row that comes into
 * being where these changes have left one is a second one to the source. Keys are compared by their
 * bytes; what the target's equality takes together besides is for the target to find.
 */
final class Arrivals {
  private final ImageKeys images;
  private final AvroCursor cursor = new AvroCursor();
  private final KeyTable keys = new KeyTable();

  /** By key: whether there is a row, as far as the changes tell. */
  private boolean[] present = {};

  /** Keys that came into being before anything else happened to them. */
  private final List<Integer> arrived = new ArrayList<>();

  /** Whether the table was emptied: what comes into being then need not be looked for. */
  private boolean emptied;

  Arrivals(ImageKeys images) {
    this.images = images;
  }

  RowColumns of(List<Change> changes) {
    present = new boolean[2 * changes.size()];
    keys.clear(2 * changes.size());
    for (Change change : changes) {
      follow(change, changes.size());
    }
    var into = images.newColumns(keys.bytes().size());
    for (int key : arrived) {
      ImageKeys.split(keys.bytes().array(), keys.start(key), into);
    }
    return RowPlan.rowColumns(into, arrived.size());
  }

  private void follow(Change change, int changes) {
    switch (change.operation()) {
      case INSERT -> arrive(change);
      case READ, UPDATE -> present[after(change)] = true;
      case UPDATE_KEY -> {
        int before = before(change);
        present[before] = false;
        arrive(change);
      }
      case DELETE -> present[before(change)] = false;
      case TRUNCATE -> {
        keys.clear(2 * changes);
        arrived.clear();
        present = new boolean[2 * changes];
        emptied = true;
      }
    }
  }

  private void arrive(Change change) {
    int known = keys.size();
    int key = after(change);
    if (present[key]) {
      throw images.secondRow(change.sequence());
    }
    present[key] = true;
    // One that moved away from its key and back, or never left it, was there before.
    if (key == known && !emptied) {
      arrived.add(key);
    }
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
    return keys.intern();
  }
}
