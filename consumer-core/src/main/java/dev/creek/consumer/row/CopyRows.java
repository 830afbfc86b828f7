package dev.creek.consumer.row;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Rows as the bytes of one binary COPY, signature and trailer included. A buffer to be filled again
 * once the database has what was in it. Not thread-safe; handed over by reference once filled.
 */
public final class CopyRows {
  /** Signature, flags, length of the header's extension. */
  private static final byte[] HEADER = "PGCOPY\n\u00ff\r\n\0\0\0\0\0\0\0\0\0".getBytes(ISO_8859_1);

  private static final int TRAILER = -1;

  private final ValueColumn bytes;
  private int rows;

  /** The one column, as often as a row has values: a value looks here as it does in an array. */
  private ValueColumn[] columns = {};

  /**
   * An empty buffer, which grows as needed.
   *
   * @param initialBytes how much it holds before it must grow
   */
  public CopyRows(int initialBytes) {
    this.bytes = new ValueColumn(initialBytes);
  }

  /** How many rows it holds. */
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

  /** Forgets what it held. */
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

  /** Where a row's values go, in order. */
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
