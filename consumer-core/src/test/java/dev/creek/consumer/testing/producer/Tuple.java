package dev.creek.consumer.testing.producer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The columns of a row in text format, as ranges of the bytes that hold them.
 *
 * <p>A column is a value, a NULL, or {@linkplain #isUnchanged unchanged}: a TOASTed value that the
 * update did not touch and that PostgreSQL does not send.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; one is made per row
record Tuple(byte[] bytes, int[] from, int[] to) {
  static final int NULL = -1;
  static final int UNCHANGED = -2;

  int columns() {
    return from.length;
  }

  boolean isNull(int column) {
    return from[column] == NULL;
  }

  boolean isUnchanged(int column) {
    return from[column] == UNCHANGED;
  }

  boolean hasUnchanged() {
    for (int start : from) {
      if (start == UNCHANGED) {
        return true;
      }
    }
    return false;
  }

  /** A tuple of values of their own; null for a NULL. */
  static Tuple of(byte @Nullable [][] values) {
    int length = 0;
    for (byte[] value : values) {
      length += value == null ? 0 : value.length;
    }
    byte[] bytes = new byte[length];
    int[] from = new int[values.length];
    int[] to = new int[values.length];
    int at = 0;
    for (int i = 0; i < values.length; i++) {
      if (values[i] == null) {
        from[i] = NULL;
        continue;
      }
      from[i] = at;
      System.arraycopy(values[i], 0, bytes, at, values[i].length);
      at += values[i].length;
      to[i] = at;
    }
    return new Tuple(bytes, from, to);
  }

  /** The value's bytes; null for a NULL. */
  byte @Nullable [] value(int column) {
    return isNull(column) ? null : Arrays.copyOfRange(bytes, from[column], to[column]);
  }
}
