package dev.creek.consumer.row;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * One column's values in PostgreSQL's binary format, each as int32 length and payload (length -1:
 * NULL). Array elements and binary COPY fields have this form in common. Grows by doubling, later
 * by 4 MiB. Not thread-safe; handed over by reference once filled.
 */
public final class ValueColumn {
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /** The array size that every JVM can allocate. */
  private static final long MAX_BYTES = Integer.MAX_VALUE - 8L;

  /** After a value of many megabytes, a small one must not double the size. */
  private static final long LARGEST_STEP_BYTES = 4 << 20;

  private byte[] bytes;
  private int size;
  private int count;
  private boolean hasNull;

  public ValueColumn(int initialBytes) {
    this.bytes = new byte[initialBytes];
  }

  /** Number of values held. */
  public int count() {
    return count;
  }

  /** Tells whether one of them is NULL. */
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

  void addNull() {
    ensure(4);
    INT.set(bytes, size, -1);
    hasNull = true;
    added(4);
  }

  void addByte(byte value) {
    ensure(5);
    INT.set(bytes, size, 1);
    bytes[size + 4] = value;
    added(5);
  }

  void addShort(short value) {
    ensure(6);
    INT.set(bytes, size, 2);
    SHORT.set(bytes, size + 4, value);
    added(6);
  }

  void addInt(int value) {
    ensure(8);
    INT.set(bytes, size, 4);
    INT.set(bytes, size + 4, value);
    added(8);
  }

  void addLong(long value) {
    ensure(12);
    INT.set(bytes, size, 8);
    LONG.set(bytes, size + 4, value);
    added(12);
  }

  void addBytes(byte[] from, int offset, int length) {
    ensure(4L + length);
    INT.set(bytes, size, length);
    System.arraycopy(from, offset, bytes, size + 4, length);
    added(4 + length);
  }

  /**
   * Begins a value whose length is known only at its end: {@code put…}, then {@link #close(int)}.
   *
   * @return the mark for {@link #close(int)}
   */
  int open() {
    int mark = size;
    ensure(4);
    size += 4;
    return mark;
  }

  void close(int mark) {
    INT.set(bytes, mark, size - mark - 4);
    count++;
  }

  void put(int value) {
    ensure(1);
    bytes[size++] = (byte) value;
  }

  void putShort(int value) {
    ensure(2);
    SHORT.set(bytes, size, (short) value);
    size += 2;
  }

  void putInt(int value) {
    ensure(4);
    INT.set(bytes, size, value);
    size += 4;
  }

  /** Overwrites four existing bytes. */
  void setInt(int at, int value) {
    INT.set(bytes, at, value);
  }

  void put(byte[] from, int offset, int length) {
    ensure(length);
    System.arraycopy(from, offset, bytes, size, length);
    size += length;
  }

  /** Adds an encoded value, length word included, as it is. */
  void addEncoded(byte[] from, int offset) {
    int length = end(from, offset) - offset;
    put(from, offset, length);
    hasNull |= isNull(from, offset);
    count++;
  }

  /** End of the encoded value at {@code offset}. */
  static int end(byte[] values, int offset) {
    return offset + 4 + Math.max(0, (int) INT.get(values, offset));
  }

  /** The encoded INT4 at {@code offset}. */
  static int intAt(byte[] values, int offset) {
    return (int) INT.get(values, offset + 4);
  }

  static boolean isNull(byte[] values, int offset) {
    return values[offset] < 0;
  }

  /** The array that holds the values, until the next one is added. */
  byte[] array() {
    return bytes;
  }

  /** Removes all values. Only for scratch columns, never after they were handed over. */
  void clear() {
    size = 0;
    count = 0;
    hasNull = false;
  }

  /** Removes everything after byte {@code toSize}. Only for scratch columns without NULLs. */
  void truncate(int toSize) {
    size = toSize;
  }

  private void added(int valueBytes) {
    size += valueBytes;
    count++;
  }

  private void ensure(long more) {
    if (bytes.length - size < more) {
      grow(more);
    }
  }

  private void grow(long more) {
    int needed = Math.toIntExact(size + more);
    long step = Math.min(bytes.length, LARGEST_STEP_BYTES);
    bytes = Arrays.copyOf(bytes, Math.max(needed, (int) Math.min(MAX_BYTES, bytes.length + step)));
  }
}
