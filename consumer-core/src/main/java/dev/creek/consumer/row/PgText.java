package dev.creek.consumer.row;

/** Parts of PostgreSQL's text forms, for array literals. */
final class PgText {
  private static final long SECOND_MICROS = 1_000_000;

  private PgText() {}

  static void putAscii(String text, ValueColumn out) {
    for (int i = 0; i < text.length(); i++) {
      out.put(text.charAt(i));
    }
  }

  static void putLong(long value, ValueColumn out) {
    if (value == Long.MIN_VALUE) {
      putAscii("-9223372036854775808", out);
      return;
    }
    long rest = Math.abs(value);
    if (value < 0) {
      out.put('-');
    }
    long power = 1;
    while (rest / power >= 10) {
      power *= 10;
    }
    for (; power > 0; power /= 10) {
      out.put((int) ('0' + rest / power % 10));
    }
  }

  /** Padded with zeros to {@code width} digits. */
  private static void putPadded(long value, int width, ValueColumn out) {
    long power = 1;
    for (int i = 1; i < width; i++) {
      power *= 10;
      if (value < power) {
        out.put('0');
      }
    }
    putLong(value, out);
  }

  /**
   * Double-quoted, with a backslash before each character that would end or escape a quoted item.
   */
  static void putQuoted(byte[] from, int offset, int length, ValueColumn out) {
    out.put('"');
    int done = offset;
    int end = offset + length;
    for (int i = offset; i < end; i++) {
      if (from[i] == '"' || from[i] == '\\') {
        out.put(from, done, i - done);
        out.put('\\');
        done = i;
      }
    }
    out.put(from, done, end - done);
    out.put('"');
  }

  static void putInfinity(boolean negative, ValueColumn out) {
    putAscii(negative ? "-infinity" : "infinity", out);
  }

  /**
   * Year, month and day in the proleptic Gregorian calendar. BC years count from 1; {@link #putEra}
   * writes their era. Days to civil date as in Hinnant's "chrono-Compatible Low-Level Date
   * Algorithms": years begin in March, so that the leap day is the last one.
   */
  static void putDate(long sinceUnixEpoch, ValueColumn out) {
    long days = sinceUnixEpoch + 719_468;
    long era = Math.floorDiv(days, 146_097);
    long dayOfEra = days - era * 146_097;
    long yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
    long dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    long month = (5 * dayOfYear + 2) / 153;
    long day = dayOfYear - (153 * month + 2) / 5 + 1;
    long civilMonth = month < 10 ? month + 3 : month - 9;
    long year = yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0);
    putPadded(year > 0 ? year : 1 - year, 4, out);
    out.put('-');
    putPadded(civilMonth, 2, out);
    out.put('-');
    putPadded(day, 2, out);
  }

  /** {@code BC}, if the date is before 1 AD. */
  static void putEra(long sinceUnixEpoch, ValueColumn out) {
    if (sinceUnixEpoch < FIRST_DAY_AD) {
      putAscii(" BC", out);
    }
  }

  /** 0001-01-01. */
  private static final long FIRST_DAY_AD = -719_162;

  static void putTime(long micros, ValueColumn out) {
    long seconds = micros / SECOND_MICROS;
    putPadded(seconds / 3600, 2, out);
    out.put(':');
    putPadded(seconds / 60 % 60, 2, out);
    out.put(':');
    putPadded(seconds % 60, 2, out);
    if (micros % SECOND_MICROS != 0) {
      out.put('.');
      putPadded(micros % SECOND_MICROS, 6, out);
    }
  }
}
