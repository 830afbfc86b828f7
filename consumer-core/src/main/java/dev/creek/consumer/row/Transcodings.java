package dev.creek.consumer.row;

import dev.creek.consumer.wire.WireType;
import dev.creek.consumer.wire.WireType.ArrayOf;
import dev.creek.consumer.wire.WireType.Decimal;
import dev.creek.consumer.wire.WireType.Plain;
import dev.creek.consumer.wire.WireType.Undecodable;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which wire type becomes which PostgreSQL type: directly, by a cast, or not at all. */
final class Transcodings {
  /** NUMERIC_DSCALE_MASK: what the binary format has room for. */
  private static final int MAX_SCALE = 0x3fff;

  private static final Set<PgType> TEXTS = Set.of(PgType.TEXT, PgType.VARCHAR, PgType.BPCHAR);

  private Transcodings() {}

  /** Writes {@code type} as {@code as} without help from PostgreSQL; null where it cannot. */
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
   * @param zoned whether timestamps in it are those of timestamptz
   */
  static ValueEncoder arrayEncoder(ArrayOf array, boolean zoned) {
    return new ArrayLiteralEncoder(array.item(), itemText(array.item().type(), zoned));
  }

  private static ValueEncoder itemText(WireType type, boolean zoned) {
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
   * The type to send where the target's own cannot be: PostgreSQL then casts from it.
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

  /**
   * Whether a column of this type can take every value of the wire type, unchanged or with a loud
   * error: casts that exist but round, cut or forget are refused. Of types other than our own
   * PostgreSQL knows better.
   */
  static boolean fits(WireType type, int typeOid) {
    PgType scalar = PgType.ofOid(typeOid);
    PgType item = PgType.ofArrayOid(typeOid);
    if (type instanceof ArrayOf array) {
      return scalar != null
          ? scalar == PgType.TEXT || scalar == PgType.VARCHAR
          : item == null || fits(array.item().type(), item.oid());
    }
    if (type == Plain.STRING || type instanceof Undecodable) {
      return true;
    }
    return item == null
        && (scalar == null || TEXTS.contains(scalar) || casts(type).contains(scalar));
  }

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
}
