package dev.creek.consumer.wire;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * PostgreSQL's log sequence numbers, {@code %X/%X} without padding. They are kept as unsigned
 * 64-bit numbers, because their text does not sort.
 */
public final class Lsn {
  private static final long MALFORMED = -1;

  private Lsn() {}

  /** The text form, as {@code pg_lsn} prints it. */
  public static String format(long lsn) {
    return String.format(Locale.ROOT, "%X/%X", lsn >>> Integer.SIZE, lsn & 0xffffffffL);
  }

  /**
   * Reads the text form.
   *
   * @throws IllegalArgumentException if it is not one
   */
  public static long parse(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int slash = slash(bytes, 0, bytes.length);
    long high = word(bytes, 0, slash);
    long low = word(bytes, slash + 1, bytes.length);
    if (high == MALFORMED || low == MALFORMED) {
      throw new IllegalArgumentException("an LSN has the form 16/B374D848");
    }
    return high << Integer.SIZE | low;
  }

  /** Reads the text form of the string at the cursor. */
  static long read(AvroCursor cursor) {
    int length = cursor.readLength();
    int from = cursor.position();
    byte[] bytes = cursor.bytes();
    int slash = slash(bytes, from, from + length);
    long high = word(bytes, from, slash);
    long low = word(bytes, slash + 1, from + length);
    if (high == MALFORMED || low == MALFORMED) {
      throw cursor.malformed("an LSN that is not two hexadecimal numbers");
    }
    cursor.advance(length);
    return high << Integer.SIZE | low;
  }

  private static int slash(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && bytes[at] != '/') {
      at++;
    }
    return at;
  }

  /** 1 to 8 hexadecimal digits. */
  private static long word(byte[] bytes, int from, int to) {
    if (from >= to || to - from > 8) {
      return MALFORMED;
    }
    long value = 0;
    for (int i = from; i < to; i++) {
      int digit = digit(bytes[i]);
      if (digit < 0) {
        return MALFORMED;
      }
      value = value << 4 | digit;
    }
    return value;
  }

  /** Negative if it is no hexadecimal digit. */
  private static int digit(byte b) {
    int digit = b - '0';
    if (digit < 10) {
      return digit;
    }
    int letter = (b | 0x20) - 'a' + 10;
    return letter >= 10 && letter < 16 ? letter : -1;
  }
}
