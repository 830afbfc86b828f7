package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;

/** Guards of whole numbers, times among them. */
interface NumberGuard extends ValueGuard {

  /** Integers that a double gives back: all of 53 bits, and some beyond. */
  NumberGuard WHOLE_DOUBLE =
      in -> {
        long value = in.readLong();
        return value != Long.MAX_VALUE && (long) (double) value == value;
      };

  /**
   * Times of microseconds where fewer digits are kept.
   *
   * @param digits of a second, below six
   */
  record Precision(int digits, long step) implements NumberGuard {
    Precision(int digits) {
      this(digits, step(digits));
    }

    private static long step(int digits) {
      long step = 1;
      for (int i = digits; i < 6; i++) {
        step *= 10;
      }
      return step;
    }

    @Override
    public boolean keeps(AvroCursor in) {
      return in.readLong() % step == 0;
    }
  }
}
