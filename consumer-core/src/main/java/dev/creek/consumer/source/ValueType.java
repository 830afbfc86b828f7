package dev.creek.consumer.source;

import dev.creek.consumer.wire.WireType;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The Java meaning of a column's values. Chosen by the wire's encoding, since the name of the
 * PostgreSQL type is of another table in rare cases; only timestamps need the name.
 *
 * @param scale of decimals
 * @param item type of an array's items; null for others
 */
record ValueType(Kind kind, int scale, @Nullable ValueType item) {
  private static final String WITH_TIME_ZONE = "timestamptz";

  /** Kinds of values. */
  enum Kind {
    BOOLEAN,
    INTEGER,
    LONG,
    FLOAT,
    DOUBLE,
    DECIMAL,
    TEXT,
    UUID,
    JSON,
    DATE,
    TIME,
    TIMESTAMP,
    TIMESTAMP_WITH_TIME_ZONE,
    LIST,
    /** Only NULL comes. */
    NULL
  }

  static ValueType of(WireType type, String pgType) {
    if (type instanceof WireType.Plain plain) {
      return new ValueType(kind(plain, pgType), 0, null);
    }
    if (type instanceof WireType.Decimal decimal) {
      return new ValueType(Kind.DECIMAL, decimal.scale(), null);
    }
    if (type instanceof WireType.ArrayOf array) {
      String items = pgType.startsWith("_") ? pgType.substring(1) : pgType;
      return new ValueType(Kind.LIST, 0, of(array.item().type(), items));
    }
    return new ValueType(Kind.NULL, 0, null);
  }

  private static Kind kind(WireType.Plain type, String pgType) {
    return switch (type) {
      case BOOLEAN -> Kind.BOOLEAN;
      case INT -> Kind.INTEGER;
      case LONG -> Kind.LONG;
      case FLOAT -> Kind.FLOAT;
      case DOUBLE -> Kind.DOUBLE;
      case STRING -> Kind.TEXT;
      case UUID -> Kind.UUID;
      case BYTES -> Kind.JSON;
      case DATE -> Kind.DATE;
      case TIME_MICROS -> Kind.TIME;
      case TIMESTAMP_MICROS ->
          pgType.equals(WITH_TIME_ZONE) ? Kind.TIMESTAMP_WITH_TIME_ZONE : Kind.TIMESTAMP;
    };
  }

  ValueType items() {
    return Objects.requireNonNull(item);
  }
}
