package dev.creek.consumer.testing.producer;

/** Reads a row of COPY's text format: tabs between the values, \N for a NULL, escapes. */
final class CopyRow {
  private CopyRow() {}

  /** The row's values; they lie in the row's own bytes, which change. */
  static Tuple read(byte[] row, int columns) {
    int[] from = new int[columns];
    int[] to = new int[columns];
    int at = 0;
    for (int column = 0; column < columns; column++) {
      if (row[at] == '\\' && row[at + 1] == 'N') {
        from[column] = Tuple.NULL;
        at += 3;
        continue;
      }
      from[column] = at;
      int end = at; // unescaped, a value is never longer
      while (row[at] != '\t' && row[at] != '\n') {
        byte c = row[at++];
        row[end++] = c == '\\' ? unescaped(row[at++]) : c;
      }
      to[column] = end;
      at++;
    }
    return new Tuple(row, from, to);
  }

  private static byte unescaped(byte c) {
    return switch (c) {
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'v' -> 0x0B;
      default -> c;
    };
  }
}
