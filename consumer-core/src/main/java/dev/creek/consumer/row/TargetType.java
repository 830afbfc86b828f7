package dev.creek.consumer.row;

import org.jspecify.annotations.Nullable;

/**
 * A target column's type without its domains and arrays: the type of a stored value, or of an item
 * of a stored array.
 *
 * @param oid type id; never of a domain or an array
 * @param modifier the effective type modifier, the column's or a domain's; -1 for none
 * @param array whether values are arrays of it
 * @param distinct whether values are equal only if they are the same text or number: not so with
 *     citext, or a nondeterministic collation. For bpchar, blanks at the end do not count
 * @param nestedModifiers whether it is a composite type with attributes that have modifiers
 * @param display the column's type as SQL with its modifier, for messages
 */
public record TargetType(
    int oid,
    int modifier,
    boolean array,
    boolean distinct,
    boolean nestedModifiers,
    String display) {

  /** PostgreSQL adds this to the modifiers of numeric, varchar and bpchar. */
  private static final int HEADER = 4;

  private static final int SCALE_BITS = 11;

  /** A type without domain and modifier, with the database's own collation. */
  static TargetType plain(int typeOid, String typeSql) {
    PgType item = PgType.ofArrayOid(typeOid);
    PgType scalar = PgType.ofOid(typeOid);
    PgType own = item == null ? scalar : item;
    return new TargetType(
        own == null ? typeOid : own.oid(), -1, item != null, own != null, false, typeSql);
  }

  /** The built-in type with that id; null if it is not in {@link PgType}. */
  @Nullable PgType own() {
    return PgType.ofOid(oid);
  }

  boolean hasModifier() {
    return modifier >= 0;
  }

  /** Digits after the point of a numeric with a modifier; negative: it rounds to tens, … */
  int numericScale() {
    int sign = 1 << (SCALE_BITS - 1);
    int bits = (modifier - HEADER) & (2 * sign - 1);
    return (bits ^ sign) - sign;
  }

  /** Digits of a numeric with a modifier. */
  int numericPrecision() {
    return (modifier - HEADER) >> 16 & 0xffff;
  }

  /** Characters of a varchar or bpchar with a modifier. */
  int characters() {
    return modifier - HEADER;
  }
}
