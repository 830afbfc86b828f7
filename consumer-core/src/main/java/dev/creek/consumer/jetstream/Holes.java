package dev.creek.consumer.jetstream;

import java.util.Arrays;

/**
 * Sequences of messages that are missing from the middle of a stream: deleted one by one, purged by
 * subject, or removed by a limit per subject. The broker reports the sequences, but not their
 * tables.
 */
final class Holes {
  static final Holes NONE = new Holes(new long[0]);

  /** Too many to list: any message may be missing. */
  static final Holes EVERYWHERE = new Holes(new long[0]);

  private final long[] ascending;

  private Holes(long[] ascending) {
    this.ascending = ascending;
  }

  /** Holes at these sequences, in any order. */
  static Holes of(long... sequences) {
    long[] ascending = sequences.clone();
    Arrays.sort(ascending);
    return new Holes(ascending);
  }

  /** The first hole at or after {@code from}; {@link Long#MAX_VALUE} if there is none. */
  long next(long from) {
    if (this == EVERYWHERE) {
      return from;
    }
    int found = Arrays.binarySearch(ascending, from);
    int index = found >= 0 ? found : -found - 1;
    return index < ascending.length ? ascending[index] : Long.MAX_VALUE;
  }

  /** The holes up to this sequence. */
  Holes upTo(long last) {
    if (last == Long.MAX_VALUE) {
      return this;
    }
    int found = Arrays.binarySearch(ascending, last + 1);
    return new Holes(Arrays.copyOf(ascending, found >= 0 ? found : -found - 1));
  }

  boolean contains(long sequence) {
    return next(sequence) == sequence;
  }
}
