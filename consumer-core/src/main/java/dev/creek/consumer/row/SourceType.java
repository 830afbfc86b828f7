package dev.creek.consumer.row;

import dev.creek.consumer.wire.WireField;
import dev.creek.consumer.wire.WireType;
import dev.creek.consumer.wire.WireType.ArrayOf;
import dev.creek.consumer.wire.WireType.Decimal;
import dev.creek.consumer.wire.WireType.Plain;

/**
 * The SQL type that holds every value of a wire column: the source's own type if the wire shows it.
 *
 * <p>The type name beside a column is believed only if it agrees with the column's encoding,
 * because it may be another table's. Only known names are used, because the name becomes SQL.
 * Lengths and enum, domain and composite types are not on the wire: they become {@code text}, or
 * have no length.
 */
public final class SourceType {
  /** Greatest precision in numeric's type modifier. */
  private static final int MAX_PRECISION = 1000;

  private SourceType() {}

  /** For example {@code int4}, {@code numeric(10,2)}, {@code timestamptz[]}. */
  public static String sql(WireField field) {
    WireType type = field.slot().type();
    if (type instanceof ArrayOf array) {
      String item = field.pgType().startsWith("_") ? field.pgType().substring(1) : "";
      return scalar(array.item().type(), item) + "[]";
    }
    return scalar(type, field.pgType());
  }

  private static String scalar(WireType type, String pgType) {
    if (type instanceof Decimal decimal && decimal.precision() <= MAX_PRECISION) {
      return "numeric(" + decimal.precision() + "," + decimal.scale() + ")";
    }
    if (type == Plain.STRING && pgType.equals("char")) {
      return "\"char\"";
    }
    for (PgType named : PgType.values()) {
      if (named.sqlName().equals(pgType) && Transcodings.encoder(type, named) != null) {
        return pgType;
      }
    }
    // json holds what jsonb holds, but not the reverse.
    return type == Plain.BYTES ? "json" : Transcodings.natural(type, pgType).sqlName();
  }
}
