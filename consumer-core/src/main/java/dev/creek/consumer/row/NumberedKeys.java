package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;
import dev.creek.consumer.wire.Change;

/**
 * Numbers the keys of a batch's rows from 0 on, in the order in which they are met. Not
 * thread-safe; reused for the next batch.
 */
final class NumberedKeys {
  private final ImageKeys images;
  private final KeyTable keys = new KeyTable();
  private final AvroCursor cursor = new AvroCursor();

  NumberedKeys(ImageKeys images) {
    this.images = images;
  }

  /**
   * Forgets all keys.
   *
   * @param changes the largest number of changes to come
   */
  void clear(int changes) {
    // A key change has two keys.
    keys.clear(2 * changes);
  }

  /** Number of different keys. */
  int size() {
    return keys.size();
  }

  /** The key of a change's row as it was. */
  int before(Change change) {
    images.before(cursor, change, keys.bytes());
    return intern(change);
  }

  /** The key of a change's row as it is now. */
  int after(Change change) {
    images.after(cursor, change, keys.bytes());
    return intern(change);
  }

  private int intern(Change change) {
    if (keys.bytes().hasNull()) {
      throw images.nullInKey(change, keys.bytes().array(), keys.start(keys.size()));
    }
    return keys.intern();
  }

  /** Bytes of a key's values. */
  int bytes(int key) {
    return keys.start(key + 1) - keys.start(key);
  }

  /** Copies a key's values to their columns. */
  void split(int key, ValueColumn[] into) {
    ImageKeys.split(keys.bytes().array(), keys.start(key), into);
  }

  /** Bytes that are kept between batches. */
  int retainedBytes() {
    return keys.retainedBytes();
  }
}
