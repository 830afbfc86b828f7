package dev.creek.consumer.row;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * Decides whether one column holds every value of another unchanged, from the types in both
 * catalogs. Of user-defined types it knows only that they are neither text nor numbers.
 */
public final class Capacity {
  private static final Set<PgType> TEXTS = EnumSet.of(PgType.TEXT, PgType.VARCHAR, PgType.BPCHAR);

  private static final Map<PgType, Set<PgType>> WIDER =
      Map.of(
          PgType.INT2, EnumSet.of(PgType.INT4, PgType.INT8, PgType.NUMERIC, PgType.FLOAT8),
          PgType.INT4, EnumSet.of(PgType.INT8, PgType.NUMERIC, PgType.FLOAT8),
          PgType.INT8, EnumSet.of(PgType.NUMERIC),
          PgType.FLOAT4, EnumSet.of(PgType.FLOAT8),
          PgType.DATE, EnumSet.of(PgType.TIMESTAMP, PgType.TIMESTAMPTZ),
          PgType.JSON, EnumSet.of(PgType.JSONB),
          PgType.JSONB, EnumSet.of(PgType.JSON));

  /** Digits of the longest whole number. */
  private static final Map<PgType, Integer> DIGITS =
      Map.of(PgType.INT2, 5, PgType.INT4, 10, PgType.INT8, 19);

  private static final int MICROSECOND_DIGITS = 6;

  private Capacity() {}

  /** Tells whether no value of the source's column is changed or refused by the target's. */
  public static boolean holds(TargetColumn source, TargetColumn target) {
    TargetType from = source.type();
    TargetType into = target.type();
    if (target.lossy() || (isAnyText(into) && (from.array() || !into.array()))) {
      return true;
    }
    if (from.array() != into.array()) {
      return false;
    }
    PgType own = from.own();
    PgType other = into.own();
    if (own == null || other == null) {
      return from.oid() == into.oid() && from.modifier() == into.modifier();
    }
    if (own == other) {
      return holdsModifier(own, from, into);
    }
    boolean texts = TEXTS.contains(own) && TEXTS.contains(other) && other != PgType.BPCHAR;
    return texts
        ? isLonger(from, into)
        : WIDER.getOrDefault(own, Set.of()).contains(other)
            && (!into.hasModifier() || holdsDigits(own, into));
  }

  private static boolean holdsDigits(PgType whole, TargetType into) {
    Integer digits = DIGITS.get(whole);
    return digits != null
        && into.own() == PgType.NUMERIC
        && into.numericScale() >= 0
        && into.numericPrecision() - into.numericScale() >= digits;
  }

  private static boolean isAnyText(TargetType type) {
    return type.own() == PgType.TEXT || (type.own() == PgType.VARCHAR && !type.hasModifier());
  }

  private static boolean holdsModifier(PgType type, TargetType from, TargetType into) {
    if (!into.hasModifier() || from.modifier() == into.modifier()) {
      return true;
    }
    return switch (type) {
      case VARCHAR, BPCHAR -> isLonger(from, into);
      case NUMERIC -> from.hasModifier() && isFiner(from, into);
      case TIME, TIMESTAMP, TIMESTAMPTZ ->
          into.modifier() >= (from.hasModifier() ? from.modifier() : MICROSECOND_DIGITS);
      default -> false;
    };
  }

  private static boolean isLonger(TargetType from, TargetType into) {
    return !into.hasModifier() || (from.hasModifier() && into.modifier() >= from.modifier());
  }

  /** Tells whether {@code into} has at least as many digits on either side of the point. */
  private static boolean isFiner(TargetType from, TargetType into) {
    return into.numericScale() >= from.numericScale()
        && into.numericPrecision() - into.numericScale()
            >= from.numericPrecision() - from.numericScale();
  }
}
