package dev.creek.consumer.jetstream.direct;

import org.jspecify.annotations.Nullable;

/**
 * How the lines of one connection's messages began so far, found by their subject and subscription:
 * all that precedes the reply. Where many tables' messages alternate, each line begins otherwise
 * than the one before, so none is found by comparing with a few. Not thread-safe.
 *
 * <p>Of fixed size: where more subjects take turns than there is room for, those pushed out are
 * learned again, each at the cost of reading one line in full.
 */
final class LineBeginnings {
  private static final int PLACES = 1 << 13;

  /** Places with the same number, of which a beginning takes any. */
  private static final int WAYS = 4;

  /** Command, subject and number of the subscription. */
  private static final int HASHED_FIELDS = 3;

  private static final int MULTIPLIER = 0x9E3779B1;

  /** Leaves the highest bits of a product, which depend on all of its factor's. */
  private static final int HASH_SHIFT = Integer.SIZE - Integer.numberOfTrailingZeros(PLACES / WAYS);

  private final @Nullable LineBeginning[] known = new LineBeginning[PLACES];
  private @Nullable LineBeginning last;
  private int pushedOut;

  /** The one that is there; null if it is not known. */
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

  /** It is known from now on. */
  void learn(LineBeginning beginning) {
    byte[] bytes = beginning.bytes();
    known[free(place(bytes, 0, bytes.length), bytes)] = beginning;
    last = beginning;
  }

  /** A place for it: its own, one that is of no more use, or else that of another one. */
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
