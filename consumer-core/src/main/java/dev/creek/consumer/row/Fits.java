package dev.creek.consumer.row;

import dev.creek.consumer.wire.WireField;
import dev.creek.consumer.wire.WireType;
import dev.creek.consumer.wire.WireType.ArrayOf;
import dev.creek.consumer.wire.WireType.Decimal;
import dev.creek.consumer.wire.WireType.Plain;
import dev.creek.consumer.wire.WireType.Undecodable;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides which target columns hold the values of which wire columns. PostgreSQL's casts, and the
 * assignment to a type with a modifier, round and cut values silently. If the wire proves that no
 * value needs this, the column fits. If not, values are checked one by one; if a check would not
 * help, the column is refused.
 */
final class Fits {
  private static final Set<PgType> TEXTS = EnumSet.of(PgType.TEXT, PgType.VARCHAR, PgType.BPCHAR);

  /** Number of decimal digits that every double preserves. */
  private static final int DOUBLE_DIGITS = 15;

  /** User-defined types, and those of extensions, have ids from here on. */
  private static final int FIRST_USER_OID = 16_384;

  static final int CHAR = 18;
  static final int NAME = 19;
  static final int MONEY = 790;
  static final int INTERVAL = 1186;
  static final int TIMETZ = 1266;

  /** Digits of money after the point. */
  private static final int MONEY_SCALE = 2;

  private static final int MICROSECOND_DIGITS = 6;

  /**
   * Of interval's modifier: the upper half holds the fields, here all of them; the lower half the
   * digits.
   */
  private static final int INTERVAL_FULL_RANGE = 0x7fff;

  private static final int INTERVAL_FULL_PRECISION = 0xffff;

  private Fits() {}

  static Fit of(WireField field, TargetColumn column) {
    TargetType target = column.type();
    WireType type = field.slot().type();
    if (column.lossy() || type instanceof Undecodable) {
      return Fit.ALWAYS;
    }
    if (type instanceof ArrayOf array) {
      return target.array()
          ? scalar(array.item().type(), itemName(field.pgType()), target)
          : fit(holdsLiteral(target));
    }
    if (target.array()) {
      // The text of an array: its items are not known.
      return fit(type == Plain.STRING && !changesText(target));
    }
    return scalar(type, field.pgType(), target);
  }

  private static Fit fit(boolean always) {
    return always ? Fit.ALWAYS : Fit.NEVER;
  }

  private static String itemName(String pgType) {
    return pgType.startsWith("_") ? pgType.substring(1) : pgType;
  }

  /** Tells whether a column takes the text of an array's literal. */
  private static boolean holdsLiteral(TargetType target) {
    return target.own() == PgType.TEXT
        || target.own() == PgType.VARCHAR
        || target.oid() >= FIRST_USER_OID;
  }

  private static boolean changesText(TargetType target) {
    return !(ofText("", target) instanceof Fit.Always);
  }

  private static Fit scalar(WireType type, String pgType, TargetType target) {
    if (type instanceof Undecodable || isNullOnly(type)) {
      return Fit.ALWAYS;
    }
    if (type == Plain.STRING) {
      return ofText(pgType, target);
    }
    PgType own = target.own();
    if (own == null) {
      return target.oid() >= FIRST_USER_OID ? Fit.ALWAYS : ofOther(type, target);
    }
    if (TEXTS.contains(own)) {
      return Fit.ALWAYS;
    }
    if (!casts(type).contains(own)) {
      return Fit.NEVER;
    }
    return switch (own) {
      case NUMERIC -> fit(!target.hasModifier() || scale(type) <= target.numericScale());
      case FLOAT8 -> ofDouble(type);
      case TIME, TIMESTAMP, TIMESTAMPTZ -> ofPrecision(type, target);
      default -> Fit.ALWAYS;
    };
  }

  /** A decimal of which no value can be decoded. */
  private static boolean isNullOnly(WireType type) {
    return type instanceof Decimal decimal
        && (decimal.scale() < 0 || decimal.scale() > decimal.precision());
  }

  /** Digits after the point. */
  private static int scale(WireType type) {
    return type instanceof Decimal decimal ? decimal.scale() : 0;
  }

  private static Fit ofDouble(WireType type) {
    if (type instanceof Decimal decimal) {
      return fit(decimal.precision() <= DOUBLE_DIGITS);
    }
    return type == Plain.LONG ? new Fit.Checked(NumberGuard.WHOLE_DOUBLE) : Fit.ALWAYS;
  }

  private static Fit ofPrecision(WireType type, TargetType target) {
    int digits = target.hasModifier() ? target.modifier() : MICROSECOND_DIGITS;
    return type == Plain.DATE || digits >= MICROSECOND_DIGITS
        ? Fit.ALWAYS
        : new Fit.Checked(new NumberGuard.Precision(digits));
  }

  /** PostgreSQL's own types that the transcoder does not write. */
  private static Fit ofOther(WireType type, TargetType target) {
    boolean number = type == Plain.INT || type == Plain.LONG || type instanceof Decimal;
    return switch (target.oid()) {
      case MONEY -> fit(number && scale(type) <= MONEY_SCALE);
      case INTERVAL ->
          type == Plain.TIME_MICROS && hasAllFields(target)
              ? intervalDigits(target) >= MICROSECOND_DIGITS
                  ? Fit.ALWAYS
                  : new Fit.Checked(new NumberGuard.Precision(intervalDigits(target)))
              : Fit.NEVER;
      default -> Fit.NEVER;
    };
  }

  private static boolean hasAllFields(TargetType interval) {
    return !interval.hasModifier() || interval.modifier() >>> 16 == INTERVAL_FULL_RANGE;
  }

  private static int intervalDigits(TargetType interval) {
    int digits = interval.modifier() & 0xffff;
    return !interval.hasModifier() || digits == INTERVAL_FULL_PRECISION
        ? MICROSECOND_DIGITS
        : digits;
  }

  /**
   * The wire's text may be that of any type: of domains, enums, and all types unknown to the wire.
   */
  private static Fit ofText(String pgType, TargetType target) {
    if (target.nestedModifiers()) {
      return Fit.NEVER;
    }
    int digits = target.hasModifier() ? target.modifier() : MICROSECOND_DIGITS;
    @Nullable ValueGuard guard =
        switch (Objects.requireNonNullElse(target.own(), PgType.TEXT)) {
          case VARCHAR -> target.hasModifier() ? new TextGuard.Cut(target.characters()) : null;
          case BPCHAR ->
              target.hasModifier() && !pgType.equals("bpchar")
                  ? new TextGuard.Padded(target.characters())
                  : null;
          case NUMERIC ->
              target.hasModifier() ? new NumberText.Decimals(target.numericScale()) : null;
          case FLOAT4 -> NumberText.FLOAT;
          case FLOAT8 -> NumberText.DOUBLE;
          case DATE -> TimeText.date();
          case TIME -> TimeText.time(digits);
          case TIMESTAMP -> TimeText.timestamp(digits);
          case TIMESTAMPTZ -> TimeText.timestamptz(digits);
          default -> ofOtherText(target, digits);
        };
    if (target.oid() == INTERVAL && !hasAllFields(target)) {
      return Fit.NEVER;
    }
    return guard == null ? Fit.ALWAYS : new Fit.Checked(guard);
  }

  /** Null if there is nothing to check. */
  private static @Nullable ValueGuard ofOtherText(TargetType target, int digits) {
    return switch (target.oid()) {
      case CHAR -> new TextGuard.Bytes(1);
      case NAME -> new TextGuard.Bytes(63);
      case MONEY -> NumberText.MONEY;
      case INTERVAL -> TimeText.interval(intervalDigits(target));
      case TIMETZ -> TimeText.timetz(digits);
      default -> null;
    };
  }

  /** Types to which PostgreSQL casts it, unchanged or with an error. */
  private static Set<PgType> casts(WireType type) {
    if (type instanceof Decimal decimal) {
      return decimal.scale() > 0
          ? EnumSet.of(PgType.NUMERIC, PgType.FLOAT8)
          : EnumSet.of(PgType.NUMERIC, PgType.FLOAT8, PgType.INT2, PgType.INT4, PgType.INT8);
    }
    return switch ((Plain) type) {
      case BOOLEAN -> EnumSet.of(PgType.BOOL, PgType.INT4);
      case INT, LONG ->
          EnumSet.of(PgType.INT2, PgType.INT4, PgType.INT8, PgType.NUMERIC, PgType.FLOAT8);
      case FLOAT -> EnumSet.of(PgType.FLOAT4, PgType.FLOAT8);
      case DOUBLE -> EnumSet.of(PgType.FLOAT8);
      case STRING -> EnumSet.allOf(PgType.class);
      case UUID -> EnumSet.of(PgType.UUID);
      // numeric: OLD's bytes of a numeric without precision look like those of json.
      case BYTES -> EnumSet.of(PgType.JSON, PgType.JSONB, PgType.NUMERIC);
      case DATE -> EnumSet.of(PgType.DATE, PgType.TIMESTAMP, PgType.TIMESTAMPTZ);
      case TIME_MICROS -> EnumSet.of(PgType.TIME);
      case TIMESTAMP_MICROS -> EnumSet.of(PgType.TIMESTAMP, PgType.TIMESTAMPTZ);
    };
  }

  /**
   * Tells whether values that differ on the source remain different in the column: the column's
   * equality is no coarser than the source's, and no two values become one.
   *
   * @param field of the source's key
   */
  static boolean keepsApart(WireField field, TargetColumn column) {
    TargetType target = column.type();
    WireType whole = field.slot().type();
    boolean items = whole instanceof ArrayOf && target.array();
    WireType type = items ? ((ArrayOf) whole).item().type() : whole;
    String pgType = items ? itemName(field.pgType()) : field.pgType();
    PgType own = target.own();
    if (column.lossy() || target.array() != (whole instanceof ArrayOf)) {
      return false;
    }
    if (type == Plain.STRING) {
      boolean as = own == PgType.BPCHAR && pgType.equals("bpchar");
      return target.distinct()
          && (as || own == null || own == PgType.TEXT || own == PgType.VARCHAR);
    }
    if (own == null) {
      return false;
    }
    // Numbers and documents are compared the same way on both sides.
    return TEXTS.contains(own) ? target.distinct() : casts(type).contains(own);
  }
}
