package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/**
 * Guards of numbers that come as text. Text that is no number is refused by PostgreSQL, or known to
 * it by name.
 */
interface NumberText extends ValueGuard {
  /** Longer text is not read: no type of PostgreSQL has so many digits. */
  int MAX_CHARACTERS = 200_000;

  boolean keeps(BigDecimal number);

  @Override
  default boolean keeps(AvroCursor in) {
    BigDecimal number = number(TextGuard.string(in));
    return number == null || keeps(number);
  }

  /**
   * Six digits always survive; up to nine if they are needed to distinguish it from other values.
   */
  NumberText FLOAT = number -> survives(number, number.floatValue(), 6, 9);

  /** The same for fifteen, and seventeen. */
  NumberText DOUBLE = number -> survives(number, number.doubleValue(), 15, 17);

  /** Two digits after the point, in any currency and grouping. */
  ValueGuard MONEY =
      in -> {
        String text = TextGuard.string(in);
        int point = text.lastIndexOf('.');
        return point < 0
            || text.substring(point + 1).chars().filter(Character::isDigit).count() <= 2;
      };

  /**
   * {@code numeric(p,s)}.
   *
   * @param scale digits after the point, or negative
   */
  record Decimals(int scale) implements NumberText {
    @Override
    public boolean keeps(BigDecimal number) {
      return number.signum() == 0 || number.stripTrailingZeros().scale() <= scale;
    }
  }

  /**
   * Tells whether a binary number gives a decimal number back.
   *
   * @param stored the binary number nearest to it
   * @param always number of digits that always survive
   * @param most number of digits beyond which none survives
   */
  private static boolean survives(BigDecimal number, double stored, int always, int most) {
    int digits = number.signum() == 0 ? 0 : number.stripTrailingZeros().precision();
    if (digits <= always) {
      return true;
    }
    return digits <= most
        && !Double.isInfinite(stored)
        && new BigDecimal(stored)
                .round(new MathContext(digits, RoundingMode.HALF_EVEN))
                .compareTo(number)
            == 0;
  }

  /** Null if it is no number, like NaN and the infinities. */
  private static @Nullable BigDecimal number(String text) {
    if (text.length() > MAX_CHARACTERS) {
      return null;
    }
    try {
      return new BigDecimal(text.replace("_", ""));
    } catch (NumberFormatException none) {
      return null;
    }
  }
}
