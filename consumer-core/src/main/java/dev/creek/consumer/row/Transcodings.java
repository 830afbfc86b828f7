package dev.creek.consumer.row;

import dev.creek.consumer.wire.WireType;
import dev.creek.consumer.wire.WireType.ArrayOf;
import dev.creek.consumer.wire.WireType.Decimal;
import dev.creek.consumer.wire.WireType.Plain;
import dev.creek.consumer.wire.WireType.Undecodable;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The PostgreSQL type for each wire type: directly, or by a cast. */
final class Transcodings {
  /** NUMERIC_DSCALE_MASK: greatest scale in the binary format. */
  private static final int MAX_SCALE = 0x3fff;

  private static final Set<PgType> TEXTS = Set.of(PgType.TEXT, PgType.VARCHAR, PgType.BPCHAR);

  private Transcodings() {}

  /**
   * An encoder that writes {@code type} as {@code as} without a cast by PostgreSQL; null if there
   * is none.
   */
  static @Nullable ValueEncoder encoder(WireType type, PgType as) {
    if (type instanceof Plain plain) {
      return plainEncoder(plain, as);
    }
    if (type instanceof Decimal decimal) {
      return as == PgType.NUMERIC ? numericEncoder(decimal.scale()) : null;
    }
    if (type instanceof Undecodable undecodable) {
      return new UndecodableEncoder(undecodable.why());
    }
    return null;
  }

  private static @Nullable ValueEncoder plainEncoder(Plain type, PgType as) {
    boolean text = TEXTS.contains(as);
    return switch (type) {
      case BOOLEAN -> as == PgType.BOOL ? FixedEncoder.BOOL : null;
      case INT, LONG ->
          switch (as) {
            case INT2 -> FixedEncoder.INT2;
            case INT4 -> FixedEncoder.INT4;
            case INT8 -> FixedEncoder.INT8;
            default -> null;
          };
      case FLOAT ->
          switch (as) {
            case FLOAT4 -> FixedEncoder.FLOAT4;
            case FLOAT8 -> FixedEncoder.FLOAT4_AS_FLOAT8;
            default -> null;
          };
      case DOUBLE -> as == PgType.FLOAT8 ? FixedEncoder.FLOAT8 : null;
      case STRING -> text ? BytesEncoder.TEXT : null;
      case UUID -> text ? BytesEncoder.TEXT : as == PgType.UUID ? BytesEncoder.UUID : null;
      case BYTES ->
          text || as == PgType.JSON
              ? BytesEncoder.TEXT
              : as == PgType.JSONB ? BytesEncoder.JSONB : null;
      case DATE -> as == PgType.DATE ? FixedEncoder.DATE : null;
      case TIME_MICROS -> as == PgType.TIME ? FixedEncoder.TIME : null;
      case TIMESTAMP_MICROS ->
          as == PgType.TIMESTAMP || as == PgType.TIMESTAMPTZ ? FixedEncoder.TIMESTAMP : null;
    };
  }

  private static ValueEncoder numericEncoder(int scale) {
    return scale >= 0 && scale <= MAX_SCALE
        ? new NumericEncoder(scale)
        : new UndecodableEncoder("decimal with scale " + scale);
  }

  /**
   * Writes an array as the text of a literal.
   *
   * @param text writes one item, see {@link #itemText}
   */
  static ValueEncoder arrayEncoder(ArrayOf array, ValueEncoder text) {
    return new ArrayLiteralEncoder(array.item(), text);
  }

  /**
   * Writes an item of an array as its text in a literal.
   *
   * @param zoned whether timestamps are those of timestamptz
   */
  static ValueEncoder itemText(WireType type, boolean zoned) {
    if (type instanceof Decimal decimal) {
      return new ItemText.DecimalText(decimal.scale());
    }
    if (!(type instanceof Plain plain)) {
      String why = type instanceof Undecodable undecodable ? undecodable.why() : "nested array";
      return new UndecodableEncoder(why);
    }
    return switch (plain) {
      case BOOLEAN -> ItemText.BOOLEAN;
      case INT, LONG -> ItemText.INTEGER;
      case FLOAT -> ItemText.FLOAT;
      case DOUBLE -> ItemText.DOUBLE;
      case STRING, UUID, BYTES -> ItemText.STRING;
      case DATE -> ItemText.DATE;
      case TIME_MICROS -> ItemText.TIME;
      case TIMESTAMP_MICROS -> zoned ? ItemText.TIMESTAMPTZ : ItemText.TIMESTAMP;
    };
  }

  /**
   * The type to send if the target's own type cannot be sent: PostgreSQL then casts from it.
   *
   * @param pgType the source's type name, as far as it can be believed
   */
  static PgType natural(WireType type, String pgType) {
    if (type instanceof Decimal) {
      return PgType.NUMERIC;
    }
    if (!(type instanceof Plain plain)) {
      return PgType.TEXT;
    }
    return switch (plain) {
      case BOOLEAN -> PgType.BOOL;
      case INT -> PgType.INT4;
      case LONG -> PgType.INT8;
      case FLOAT -> PgType.FLOAT4;
      case DOUBLE -> PgType.FLOAT8;
      case STRING, BYTES -> PgType.TEXT;
      case UUID -> PgType.UUID;
      case DATE -> PgType.DATE;
      case TIME_MICROS -> PgType.TIME;
      case TIMESTAMP_MICROS -> pgType.equals("timestamptz") ? PgType.TIMESTAMPTZ : PgType.TIMESTAMP;
    };
  }
}
