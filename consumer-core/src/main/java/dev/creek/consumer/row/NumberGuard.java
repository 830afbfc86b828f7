package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;

/** Guards of whole numbers, including times. */
interface NumberGuard extends ValueGuard {

  /** Integers that a double preserves: all with at most 53 bits, and some greater ones. */
  NumberGuard WHOLE_DOUBLE =
      in -> {
        long value = in.readLong();
        return value != Long.MAX_VALUE && (long) (double) value == value;
      };

  /**
   * Times in microseconds, for a column that keeps fewer digits.
   *
   * @param digits of a second, less than six
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
