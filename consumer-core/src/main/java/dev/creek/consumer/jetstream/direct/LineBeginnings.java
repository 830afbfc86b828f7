package dev.creek.consumer.jetstream.direct;

import org.jspecify.annotations.Nullable;

/**
 * A hash table of the {@link LineBeginning}s of one connection. The key is what precedes the reply
 * subject: command, subject and subscription. It is needed if many tables are read by one consumer:
 * comparing each line with the line before finds nothing then. Not thread-safe.
 *
 * <p>Its size is fixed. With more subjects than it has room for, some replace others, which are
 * learned again when they return, by parsing one line in full.
 */
final class LineBeginnings {
  private static final int PLACES = 1 << 13;

  /** Places of one hash value: a beginning takes any of them. */
  private static final int WAYS = 4;

  /** Fields that are hashed: command, subject and number of the subscription. */
  private static final int HASHED_FIELDS = 3;

  private static final int MULTIPLIER = 0x9E3779B1;

  /** Keeps the highest bits of the product, which depend on all bits of the hash. */
  private static final int HASH_SHIFT = Integer.SIZE - Integer.numberOfTrailingZeros(PLACES / WAYS);

  private final @Nullable LineBeginning[] known = new LineBeginning[PLACES];
  private @Nullable LineBeginning last;
  private int pushedOut;

  /** The known beginning of the line in {@code bytes[from, limit)}; null if there is none. */
  @Nullable LineBeginning at(byte[] bytes, int from, int limit) {
    LineBeginning before = last;
    if (before != null && before.isAt(bytes, from, limit)) {
      return before;
    }
    int place = place(bytes, from, limit);
    for (int way = place; way < place + WAYS; way++) {
      LineBeginning one = known[way];
      if (one != null && one.isAt(bytes, from, limit)) {
        last = one;
        return one;
      }
    }
    return null;
  }

  /** Adds a beginning. */
  void learn(LineBeginning beginning) {
    byte[] bytes = beginning.bytes();
    known[free(place(bytes, 0, bytes.length), bytes)] = beginning;
    last = beginning;
  }

  /**
   * The place for a beginning: where it is already, or else an empty one, one of a disposed
   * receiver, or, if there is none, one that is in use.
   */
  private int free(int place, byte[] bytes) {
    int free = -1;
    for (int way = place; way < place + WAYS; way++) {
      LineBeginning one = known[way];
      if (one == null || one.receiver().isDisposed()) {
        free = way;
      } else if (one.isAt(bytes, 0, bytes.length)) {
        return way;
      }
    }
    return free >= 0 ? free : place + (pushedOut++ & (WAYS - 1));
  }

  private static int place(byte[] bytes, int from, int limit) {
    int hash = 0;
    int fields = 0;
    for (int i = from; i < limit && fields < HASHED_FIELDS; i++) {
      byte b = bytes[i];
      hash = 31 * hash + b;
      if (b == ' ') {
        fields++;
      }
    }
    return ((hash * MULTIPLIER) >>> HASH_SHIFT) * WAYS;
  }
}
