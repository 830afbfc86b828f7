package dev.creek.consumer.row;

/**
 * Follows the rows of one batch from key to key. A row either exists before the batch, under its
 * origin, or is inserted by the batch. Numbers of keys, rows and changes count from 0. Reused for
 * the next batch.
 *
 * <p>Before images do not distinguish two rows of one key, not even with REPLICA IDENTITY FULL:
 * those of a partition may contain only its key. If a row gets the key of another row, the order of
 * the changes decides.
 */
final class RowFates {
  static final int NONE = -1;

  /** By key: the row that had it before the batch. */
  private int[] home = {};

  /** By key: the row that has it now. */
  private int[] occupant = {};

  /** By row: its first key. */
  private int[] origin = {};

  /** By row: its key now, or none. */
  private int[] at = {};

  /** By row: the last change that wrote it. */
  private int[] last = {};

  /** By row: true if the batch inserted it before anything else. */
  private boolean[] born = {};

  /** By change: the row that it wrote. */
  private int[] wrote = {};

  private int keys;
  private int rows;
  private boolean entangled;

  void clear(int changes) {
    if (wrote.length < changes) {
      wrote = new int[changes];
      origin = new int[changes];
      at = new int[changes];
      last = new int[changes];
      born = new boolean[changes];
      // A key change has two keys.
      home = new int[2 * changes];
      occupant = new int[2 * changes];
    }
    forget();
  }

  /** Forgets all rows, as a TRUNCATE does. */
  void forget() {
    keys = 0;
    rows = 0;
    entangled = false;
  }

  void insert(int key, int change) {
    meet(key);
    int row = occupant[key];
    if (row != NONE) {
      entangled |= at[row] != origin[row];
    } else if (isGone(home[key])) {
      row = settle(home[key], key);
    } else {
      row = settle(add(key, true), key);
    }
    write(row, change);
  }

  void update(int key, int change) {
    meet(key);
    int row = occupant[key];
    if (row == NONE) {
      row = settle(isGone(home[key]) ? home[key] : original(key), key);
    }
    write(row, change);
  }

  void delete(int key, int change) {
    meet(key);
    wrote[change] = NONE;
    int row = occupant[key];
    if (row != NONE) {
      leave(row, key);
    } else if (!isGone(home[key])) {
      original(key);
    }
  }

  /** Moves a row from one key to another. */
  void move(int from, int to, int change) {
    meet(from);
    meet(to);
    int row = occupant[from];
    if (row == NONE) {
      // A row that the batch has already deleted or moved: its changes come again.
      entangled |= home[from] != NONE;
      row = original(from);
    } else {
      leave(row, from);
    }
    entangled |= occupant[to] != NONE;
    write(settle(row, to), change);
  }

  /** A change that writes and deletes no row. */
  void skip(int change) {
    wrote[change] = NONE;
  }

  private void meet(int key) {
    if (key == keys) {
      keys++;
      home[key] = NONE;
      occupant[key] = NONE;
    }
  }

  private void leave(int row, int key) {
    occupant[key] = NONE;
    at[row] = NONE;
  }

  /** The row that must have existed before the batch. */
  private int original(int key) {
    // A row that has moved away is not there any more.
    entangled |= home[key] != NONE;
    return add(key, false);
  }

  private int add(int key, boolean inserted) {
    int row = rows++;
    origin[row] = key;
    born[row] = inserted;
    at[row] = NONE;
    last[row] = NONE;
    if (home[key] == NONE) {
      home[key] = row;
    }
    return row;
  }

  private int settle(int row, int key) {
    at[row] = key;
    occupant[key] = row;
    return row;
  }

  private void write(int row, int change) {
    wrote[change] = row;
    last[row] = change;
  }

  private boolean isGone(int row) {
    return row != NONE && at[row] == NONE;
  }

  int retainedBytes() {
    return 33 * wrote.length;
  }

  // The result.

  /** Tells whether the changes must be applied one by one, in their order. */
  boolean isEntangled() {
    return entangled;
  }

  /** The row that this change wrote last, if it still exists. */
  int survivor(int change) {
    int row = wrote[change];
    return row != NONE && at[row] != NONE && last[row] == change ? row : NONE;
  }

  boolean isBorn(int row) {
    return born[row];
  }

  boolean isDeleted(int row) {
    return at[row] == NONE;
  }

  boolean isMoved(int row) {
    return at[row] != NONE && at[row] != origin[row];
  }

  int origin(int row) {
    return origin[row];
  }

  int key(int row) {
    return at[row];
  }

  boolean isVacant(int key) {
    return occupant[key] == NONE;
  }

  /** The row that had this key before the batch, if {@link #wasTaken} returns true. */
  int home(int key) {
    return home[key];
  }

  /** Tells whether a row must have existed before the batch. */
  boolean wasTaken(int key) {
    return home[key] != NONE && !born[home[key]];
  }
}
