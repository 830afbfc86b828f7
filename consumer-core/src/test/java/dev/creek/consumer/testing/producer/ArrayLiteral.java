package dev.creek.consumer.testing.producer;

import java.util.Arrays;

/**
 * The elements of an array in PostgreSQL's text format, flat: bounds and dimensions are lost, as on
 * the wire. Reused from value to value.
 */
final class ArrayLiteral {
  private byte[] elements = new byte[256];
  private int[] ends = new int[16];
  private int count;
  private boolean nulls;

  /** Reads a literal; what an earlier one had is gone. */
  void read(byte[] text, int from, int to) {
    count = 0;
    nulls = false;
    if (elements.length < to - from) {
      elements = new byte[Math.max(elements.length * 2, to - from)];
    }
    int at = from;
    while (text[at] != '{') {
      at++; // bounds: [0:1]={…}
    }
    int written = 0;
    while (at < to) {
      byte c = text[at];
      if (c == '{' || c == '}' || c == ',') {
        at++;
      } else if (c == '"') {
        at = quoted(text, at + 1, written);
        written = ends[count - 1];
      } else {
        at = plain(text, at, written);
        written = ends[count - 1];
      }
    }
  }

  int count() {
    return count;
  }

  boolean hasNulls() {
    return nulls;
  }

  /** The bytes that {@link #from} and {@link #to} are about. */
  byte[] bytes() {
    return elements;
  }

  int from(int element) {
    return element == 0 ? 0 : ends[element - 1];
  }

  int to(int element) {
    return ends[element];
  }

  private int quoted(byte[] text, int from, int written) {
    int at = from;
    int end = written;
    while (text[at] != '"') {
      if (text[at] == '\\') {
        at++;
      }
      elements[end++] = text[at++];
    }
    add(end);
    return at + 1;
  }

  private int plain(byte[] text, int from, int written) {
    int at = from;
    int end = written;
    while (text[at] != ',' && text[at] != '}') {
      elements[end++] = text[at++];
    }
    nulls |= end - written == 4 && isNull(written);
    add(end);
    return at;
  }

  /** Unquoted, so it is the null and not the word. */
  private boolean isNull(int from) {
    return elements[from] == 'N'
        && elements[from + 1] == 'U'
        && elements[from + 2] == 'L'
        && elements[from + 3] == 'L';
  }

  private void add(int end) {
    if (count == ends.length) {
      ends = Arrays.copyOf(ends, count * 2);
    }
    ends[count++] = end;
  }
}
