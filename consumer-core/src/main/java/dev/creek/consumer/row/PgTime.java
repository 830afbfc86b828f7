package dev.creek.consumer.row;

import dev.creek.consumer.api.MessageException;

/**
 * Converts the wire's times, counted from 1970, to PostgreSQL's, counted from 2000. A value outside
 * of PostgreSQL's range is an error here, because only here the column is known; and a finite value
 * must never become one of the two numbers that mean infinity.
 */
final class PgTime {
  static final long DAY_MICROS = 86_400_000_000L;

  private static final int EPOCH_DAYS = 10_957;
  private static final long EPOCH_MICROS = EPOCH_DAYS * DAY_MICROS;

  /** 4714-11-24 BC, Julian day 0: {@code DATETIME_MIN_JULIAN} and {@code MIN_TIMESTAMP}. */
  private static final long MIN_DAYS = -2_451_545;

  private static final long MIN_MICROS = MIN_DAYS * DAY_MICROS;

  /** One after 5874897-12-31: {@code DATE_END_JULIAN}. */
  private static final long END_DAYS = 2_147_483_494L + MIN_DAYS;

  private PgTime() {}

  /** Days since 2000 for days since 1970. */
  static int days(long sinceUnixEpoch) {
    // The first test keeps the subtraction from overflowing.
    if ((int) sinceUnixEpoch == sinceUnixEpoch) {
      long days = sinceUnixEpoch - EPOCH_DAYS;
      if (days >= MIN_DAYS && days < END_DAYS) {
        return (int) days;
      }
    }
    throw new MessageException("out of range for date");
  }

  /** Microseconds since 2000 for microseconds since 1970. */
  static long micros(long sinceUnixEpoch) {
    // No upper bound: 294276-12-31 is later than the latest time in the wire's 64 bits.
    if (sinceUnixEpoch < MIN_MICROS + EPOCH_MICROS) {
      throw new MessageException("out of range for timestamp");
    }
    return sinceUnixEpoch - EPOCH_MICROS;
  }

  /** Microseconds since midnight, 24:00:00 included. */
  static long timeOfDay(long micros) {
    if (micros < 0 || micros > DAY_MICROS) {
      throw new MessageException("out of range for time");
    }
    return micros;
  }
}
