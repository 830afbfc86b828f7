package dev.creek.consumer.row;

import dev.creek.consumer.wire.AvroCursor;
import dev.creek.consumer.wire.WireField;
import dev.creek.consumer.wire.WireType;
import dev.creek.consumer.wire.WireType.ArrayOf;
import dev.creek.consumer.wire.WireType.Decimal;
import dev.creek.consumer.wire.WireType.Plain;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * Guards for columns whose type is narrower than the source's, or another one, where the user wants
 * to go on for as long as values fit: a value passes if PostgreSQL's cast keeps it, or refuses it.
 */
final class ExactFits {
  /** Whole numbers up to here are cast exactly from double to numeric. */
  private static final double WHOLE = 1e15;

  private static final long DAY_MICROS = 86_400_000_000L;

  private static final ValueGuard WHOLE_DOUBLE =
      in -> isWhole(Double.longBitsToDouble(in.readDoubleBits()));

  private static final ValueGuard WHOLE_FLOAT =
      in -> isWhole(Float.intBitsToFloat(in.readFloatBits()));

  private static final ValueGuard FLOAT =
      in -> {
        double value = Double.longBitsToDouble(in.readDoubleBits());
        return Double.isNaN(value) || (double) (float) value == value;
      };

  private static final ValueGuard MIDNIGHT = in -> in.readLong() % DAY_MICROS == 0;

  private ExactFits() {}

  /** Null if no check would help. */
  static @Nullable ValueGuard guard(WireField field, TargetColumn column) {
    TargetType target = column.type();
    PgType own = target.own();
    WireType whole = field.slot().type();
    WireType type = whole instanceof ArrayOf array ? array.item().type() : whole;
    if (own == null || target.array() != (whole instanceof ArrayOf)) {
      return null;
    }
    if (type instanceof Decimal decimal) {
      return ofDecimal(decimal.scale(), own, target);
    }
    boolean integer = own == PgType.INT2 || own == PgType.INT4 || own == PgType.INT8;
    boolean number =
        integer || (own == PgType.NUMERIC && (!target.hasModifier() || target.numericScale() >= 0));
    if (type == Plain.DOUBLE) {
      return number ? WHOLE_DOUBLE : own == PgType.FLOAT4 ? FLOAT : null;
    }
    if (type == Plain.FLOAT) {
      return number ? WHOLE_FLOAT : null;
    }
    return type == Plain.TIMESTAMP_MICROS && own == PgType.DATE ? MIDNIGHT : null;
  }

  private static @Nullable ValueGuard ofDecimal(int scale, PgType own, TargetType target) {
    if (scale < 0) {
      return null;
    }
    return switch (own) {
      case NUMERIC ->
          target.hasModifier() && target.numericScale() >= 0
              ? new Multiple(BigInteger.TEN.pow(Math.max(0, scale - target.numericScale())))
              : null;
      case INT2, INT4, INT8 -> new Multiple(BigInteger.TEN.pow(scale));
      default -> null;
    };
  }

  private static boolean isWhole(double value) {
    return Math.rint(value) == value && Math.abs(value) <= WHOLE;
  }

  /** Decimals without digits behind those that are kept. */
  private record Multiple(BigInteger of) implements ValueGuard {
    @Override
    public boolean keeps(AvroCursor in) {
      int length = in.readLength();
      return length == 0 || new BigInteger(in.bytes(), in.position(), length).mod(of).signum() == 0;
    }
  }
}
