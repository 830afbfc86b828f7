package dev.creek.consumer.row;

import java.util.Arrays;

/**
 * A row as {@link RowImages} reads it: two are equal if all their values are the same bytes.
 * Immutable.
 */
public final class RowImage {
  private final byte[] values;
  private final int hash;

  /**
   * A row.
   *
   * @param values must not change any more
   */
  RowImage(byte[] values) {
    this.values = values;
    this.hash = Arrays.hashCode(values);
  }

  byte[] values() {
    return values;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RowImage row && hash == row.hash && Arrays.equals(values, row.values);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** Without values. */
  @Override
  public String toString() {
    return "RowImage[" + values.length + " bytes]";
  }
}
