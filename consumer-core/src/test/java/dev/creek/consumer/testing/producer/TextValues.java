package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** Reads values in PostgreSQL's text format (DateStyle ISO) from a range of bytes. */
final class TextValues {
  private static final long MICROS_PER_SECOND = 1_000_000L;
  private static final long MICROS_PER_DAY = 86_400L * MICROS_PER_SECOND;

  private final byte[] text;
  private final int end;
  private int at;

  private TextValues(byte[] text, int from, int to) {
    this.text = text;
    this.at = from;
    this.end = to;
  }

  static long integer(byte[] text, int from, int to) {
    var reader = new TextValues(text, from, to);
    boolean negative = reader.skip('-');
    // Negated all along, as the smallest number has no positive counterpart.
    long value = 0;
    while (reader.at < to) {
      value = value * 10 - reader.digit();
    }
    return negative ? value : -value;
  }

  /** Days since 1970-01-01, proleptic Gregorian. */
  static long date(byte[] text, int from, int to) {
    var reader = new TextValues(text, from, to);
    return reader.days(reader.beforeChrist());
  }

  /** Microseconds since midnight, which 24:00:00 has, too. */
  static long time(byte[] text, int from, int to) {
    return new TextValues(text, from, to).timeOfDay();
  }

  /** Microseconds since 1970; in UTC where the text has an offset, else as they are. */
  static long timestamp(byte[] text, int from, int to) {
    var reader = new TextValues(text, from, to);
    long days = reader.days(reader.beforeChrist());
    reader.expect(' ');
    long micros = days * MICROS_PER_DAY + reader.timeOfDay();
    return micros - reader.offsetSeconds() * MICROS_PER_SECOND;
  }

  /** 1 for infinity, -1 for -infinity, 0 for anything else. */
  static int infinity(byte[] text, int from, int to) {
    if (to - from == 8 && text[from] == 'i') {
      return 1;
    }
    return to - from == 9 && text[from] == '-' && text[from + 1] == 'i' ? -1 : 0;
  }

  static String ascii(byte[] text, int from, int to) {
    return new String(text, from, to - from, ISO_8859_1);
  }

  private boolean beforeChrist() {
    return text[end - 1] == 'C';
  }

  private long days(boolean beforeChrist) {
    long year = number();
    expect('-');
    long month = number();
    expect('-');
    long day = number();
    return daysFromCivil(beforeChrist ? 1 - year : year, month, day);
  }

  private long timeOfDay() {
    long hours = number();
    expect(':');
    long minutes = number();
    expect(':');
    long seconds = number();
    return ((hours * 60 + minutes) * 60 + seconds) * MICROS_PER_SECOND + fraction();
  }

  private long fraction() {
    if (!skip('.')) {
      return 0;
    }
    long micros = 0;
    long unit = MICROS_PER_SECOND;
    while (atDigit()) {
      unit /= 10;
      micros += digit() * unit;
    }
    return micros;
  }

  private long offsetSeconds() {
    boolean west = skip('-');
    if (!west && !skip('+')) {
      return 0;
    }
    long seconds = number() * 3600;
    if (skip(':')) {
      seconds += number() * 60;
    }
    if (skip(':')) {
      seconds += number();
    }
    return west ? -seconds : seconds;
  }

  /** Howard Hinnant's days_from_civil; java.time stops at the year 999999999, and is no faster. */
  private static long daysFromCivil(long year, long month, long day) {
    long y = month <= 2 ? year - 1 : year;
    long era = Math.floorDiv(y, 400L);
    long yearOfEra = y - era * 400;
    long dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    long dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
    return era * 146097 + dayOfEra - 719468;
  }

  private long number() {
    if (!atDigit()) {
      throw malformed();
    }
    long value = 0;
    while (atDigit()) {
      value = value * 10 + digit();
    }
    return value;
  }

  private boolean atDigit() {
    return at < end && text[at] >= '0' && text[at] <= '9';
  }

  private int digit() {
    if (!atDigit()) {
      throw malformed();
    }
    return text[at++] - '0';
  }

  private boolean skip(char expected) {
    if (at < end && text[at] == expected) {
      at++;
      return true;
    }
    return false;
  }

  private void expect(char expected) {
    if (!skip(expected)) {
      throw malformed();
    }
  }

  private IllegalArgumentException malformed() {
    return new IllegalArgumentException(
        "a value of " + end + " bytes is not in PostgreSQL's text format; is DateStyle ISO?");
  }
}
