package dev.creek.consumer.row;

import org.jspecify.annotations.Nullable;

/**
 * A target column's type with its domains and arrays taken off: what a value, or an item of an
 * array, is stored as.
 *
 * @param oid type id; never of a domain or an array
 * @param modifier the type modifier that counts, the column's or a domain's; -1 for none
 * @param array whether values are arrays of it
 * @param distinct whether it calls values equal only where they are the same text or number: not
 *     citext, or a collation that is not deterministic. Of bpchar, but for blanks at the end
 * @param nestedModifiers whether it is a composite type with attributes that have modifiers
 * @param display the column's type as SQL, for people, with its modifier
 */
public record TargetType(
    int oid,
    int modifier,
    boolean array,
    boolean distinct,
    boolean nestedModifiers,
    String display) {

  /** Added by PostgreSQL to what modifiers of numeric, varchar and bpchar say. */
  private static final int HEADER = 4;

  private static final int SCALE_BITS = 11;

  /** Of a type that is in no domain, has no modifier, and the database's own collation. */
  static TargetType plain(int typeOid, String typeSql) {
    PgType item = PgType.ofArrayOid(typeOid);
    PgType scalar = PgType.ofOid(typeOid);
    PgType own = item == null ? scalar : item;
    return new TargetType(
        own == null ? typeOid : own.oid(), -1, item != null, own != null, false, typeSql);
  }

  /** The built-in type of that id; null where it is none of ours. */
  @Nullable PgType own() {
    return PgType.ofOid(oid);
  }

  boolean hasModifier() {
    return modifier >= 0;
  }

  /** Digits behind the point of a numeric with a modifier; negative: it rounds to tens, … */
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
