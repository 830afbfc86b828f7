package dev.creek.consumer.row;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * One column's values in PostgreSQL's binary format, each as int32 length and payload (length -1:
 * NULL): what array elements and binary COPY fields have in common. Grows by doubling. Not
 * thread-safe; handed over by reference once filled.
 */
public final class ValueColumn {
  private byte[] bytes;
  private int size;
  private int count;
  private boolean hasNull;

  public ValueColumn(int initialBytes) {
    this.bytes = new byte[initialBytes];
  }

  /** How many values it holds. */
  public int count() {
    return count;
  }

  /** Whether one of them is NULL. */
  public boolean hasNull() {
    return hasNull;
  }

  /** Bytes of all values. */
  public int size() {
    return size;
  }

  /** A read-only view of all values. */
  public ByteBuffer view() {
    return ByteBuffer.wrap(bytes, 0, size).asReadOnlyBuffer();
  }

  /** Room for {@code more} bytes; returns the array to write into at {@link #size()}. */
  byte[] ensure(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, Math.addExact(size, more)));
    }
    return bytes;
  }

  /**
   * Says that one value of {@code valueBytes} bytes, its length word included, was written at
   * {@link #size()}.
   */
  void added(int valueBytes) {
    size += valueBytes;
    count++;
  }

  /** Adds NULL. */
  void addNull() {
    byte[] into = ensure(4);
    Arrays.fill(into, size, size + 4, (byte) 0xff);
    hasNull = true;
    added(4);
  }
}
