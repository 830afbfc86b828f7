package dev.creek.consumer.row;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Rows as the bytes of one binary COPY, signature and trailer included. The buffer can be filled
 * again once the database has its content. Not thread-safe; handed over by reference once filled.
 */
public final class CopyRows {
  /** Signature, flags, length of the header's extension. */
  private static final byte[] HEADER = "PGCOPY\n\u00ff\r\n\0\0\0\0\0\0\0\0\0".getBytes(ISO_8859_1);

  private static final int TRAILER = -1;

  private final ValueColumn bytes;
  private int rows;

  /**
   * The same column object, once for each value of a row: a value has the same form here as in an
   * array.
   */
  private ValueColumn[] columns = {};

  /**
   * An empty buffer, which grows as needed.
   *
   * @param initialBytes size up to which it need not grow
   */
  public CopyRows(int initialBytes) {
    this.bytes = new ValueColumn(initialBytes);
  }

  /** Number of rows held. */
  public int rows() {
    return rows;
  }

  /** Bytes of the whole COPY. */
  public int size() {
    return bytes.size();
  }

  /** A read-only view of the whole COPY. */
  public ByteBuffer view() {
    return bytes.view();
  }

  /** Removes all content. */
  void begin() {
    rows = 0;
    bytes.clear();
    bytes.put(HEADER, 0, HEADER.length);
  }

  /** Begins a row: as many values follow in {@link #columns}. */
  void beginRow(int columns) {
    rows++;
    bytes.putShort(columns);
  }

  /** The columns that take a row's values, in order. */
  ValueColumn[] columns(int count) {
    if (columns.length != count) {
      columns = new ValueColumn[count];
      Arrays.fill(columns, bytes);
    }
    return columns;
  }

  void end() {
    bytes.putShort(TRAILER);
  }
}
