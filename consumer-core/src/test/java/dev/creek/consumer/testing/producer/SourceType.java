package dev.creek.consumer.testing.producer;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A column's PostgreSQL type as the producer sees it.
 *
 * @param oid the type's OID
 * @param pgType the name on the wire: {@code text} for every type that the producer does not know
 * @param shape how one value, or one element, is encoded
 * @param array whether it is an array of that
 * @param precision of a numeric, else 0
 * @param scale of a numeric, else 0
 */
record SourceType(int oid, String pgType, Shape shape, boolean array, int precision, int scale) {

  /** How a value goes on the wire. */
  enum Shape {
    BOOLEAN,
    INT,
    LONG,
    FLOAT,
    DOUBLE,
    STRING,
    UUID,
    JSON,
    DECIMAL,
    DATE,
    TIME,
    TIMESTAMP;

    /**
     * Whether the wire has a union with the enum of infinities for it; time has, and needs none.
     */
    boolean mayBeInfinite() {
      return this == DATE || this == TIME || this == TIMESTAMP;
    }
  }

  static final int CHAR_OID = 18;
  static final int CHAR_ARRAY_OID = 1002;
  static final int TEXT_OID = 25;

  private record Known(String pgType, Shape shape, int oid, int arrayOid) {}

  private static final Known[] KNOWN = {
    new Known("bool", Shape.BOOLEAN, 16, 1000),
    new Known("char", Shape.STRING, CHAR_OID, CHAR_ARRAY_OID),
    new Known("int8", Shape.LONG, 20, 1016),
    new Known("int2", Shape.INT, 21, 1005),
    new Known("int4", Shape.INT, 23, 1007),
    new Known("text", Shape.STRING, TEXT_OID, 1009),
    new Known("json", Shape.JSON, 114, 199),
    new Known("float4", Shape.FLOAT, 700, 1021),
    new Known("float8", Shape.DOUBLE, 701, 1022),
    new Known("bpchar", Shape.STRING, 1042, 1014),
    new Known("varchar", Shape.STRING, 1043, 1015),
    new Known("date", Shape.DATE, 1082, 1182),
    new Known("time", Shape.TIME, 1083, 1183),
    new Known("timestamp", Shape.TIMESTAMP, 1114, 1115),
    new Known("timestamptz", Shape.TIMESTAMP, 1184, 1185),
    new Known("numeric", Shape.DECIMAL, 1700, 1231),
    new Known("uuid", Shape.UUID, 2950, 2951),
    new Known("jsonb", Shape.JSON, 3802, 3807),
  };

  private static final Map<Integer, Known> BY_OID = byOid();

  /** The type of a column with this OID and type modifier. */
  static SourceType of(int oid, int typmod) {
    return Optional.ofNullable(BY_OID.get(oid))
        .map(known -> known(known, oid, typmod))
        .orElseGet(() -> new SourceType(oid, "text", Shape.STRING, false, 0, 0));
  }

  /**
   * Whether the wire can carry its values: a numeric needs a precision, and a scale between 0 and
   * that.
   */
  boolean carriesValues() {
    return shape != Shape.DECIMAL || (scale >= 0 && scale <= precision);
  }

  private static SourceType known(Known known, int oid, int typmod) {
    boolean array = oid == known.arrayOid();
    String name = array ? "_" + known.pgType() : known.pgType();
    if (known.shape() != Shape.DECIMAL) {
      return new SourceType(oid, name, known.shape(), array, 0, 0);
    }
    // Without a modifier (-1) this gives 65535 and -5, which is what the real producer publishes.
    int modifier = typmod - 4;
    int scale = ((modifier & 0x7FF) ^ 1024) - 1024;
    return new SourceType(oid, name, known.shape(), array, (modifier >> 16) & 0xFFFF, scale);
  }

  private static Map<Integer, Known> byOid() {
    var map = new HashMap<Integer, Known>();
    for (Known known : KNOWN) {
      map.put(known.oid(), known);
      map.put(known.arrayOid(), known);
    }
    return Map.copyOf(map);
  }
}
