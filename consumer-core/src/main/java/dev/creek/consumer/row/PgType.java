package dev.creek.consumer.row;

import org.jspecify.annotations.Nullable;

/**
 * The built-in types whose binary format the transcoder writes. Source: PostgreSQL's {@code
 * pg_type.dat}.
 */
public enum PgType {
  BOOL(16, 1000, "bool"),
  INT8(20, 1016, "int8"),
  INT2(21, 1005, "int2"),
  INT4(23, 1007, "int4"),
  TEXT(25, 1009, "text"),
  JSON(114, 199, "json"),
  FLOAT4(700, 1021, "float4"),
  FLOAT8(701, 1022, "float8"),
  BPCHAR(1042, 1014, "bpchar"),
  VARCHAR(1043, 1015, "varchar"),
  DATE(1082, 1182, "date"),
  TIME(1083, 1183, "time"),
  TIMESTAMP(1114, 1115, "timestamp"),
  TIMESTAMPTZ(1184, 1185, "timestamptz"),
  NUMERIC(1700, 1231, "numeric"),
  UUID(2950, 2951, "uuid"),
  JSONB(3802, 3807, "jsonb");

  private final int oid;
  private final int arrayOid;
  private final String sqlName;

  PgType(int oid, int arrayOid, String sqlName) {
    this.oid = oid;
    this.arrayOid = arrayOid;
    this.sqlName = sqlName;
  }

  public int oid() {
    return oid;
  }

  /** Type id of the array of this type. */
  public int arrayOid() {
    return arrayOid;
  }

  /** Name in {@code pg_catalog}. */
  public String sqlName() {
    return sqlName;
  }

  /** The type with this id, or null if it is not in this enum. */
  public static @Nullable PgType ofOid(int oid) {
    for (PgType type : values()) {
      if (type.oid == oid) {
        return type;
      }
    }
    return null;
  }

  /** The type whose arrays have this id, or null if it is not in this enum. */
  static @Nullable PgType ofArrayOid(int oid) {
    for (PgType type : values()) {
      if (type.arrayOid == oid) {
        return type;
      }
    }
    return null;
  }
}
