package dev.creek.consumer.row;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A type and its remarkable values.
 *
 * @param wireType as the producer names it
 * @param targetType as CREATE TABLE takes it
 * @param values NULL among them
 */
public record TypeValues(String wireType, String targetType, List<Value> values) {
  private static final int MEGABYTE = 1 << 20;

  /** A value for the wire, and an expression that PostgreSQL evaluates to the same. */
  public record Value(Object wire, String sql) {
    /** Neither NULL, nor too long for an index, nor equal to another key (-0 is 0). */
    boolean canBeKey() {
      return wire != null && !sql.contains("repeat(") && !sql.startsWith("'-0'");
    }
  }

  public static final List<TypeValues> ALL =
      List.of(
          of("bool", value(true, "true"), value(false, "false")),
          of("int2", integers(Short.MIN_VALUE, Short.MAX_VALUE)),
          of("int4", integers(Integer.MIN_VALUE, Integer.MAX_VALUE)),
          of("int8", integers(Long.MIN_VALUE, Long.MAX_VALUE)),
          of("float4", floats()),
          of("float8", doubles()),
          of("text", texts()),
          of("varchar", texts()),
          of("bpchar", value("blank   ", "'blank   '"), value("", "''"), value("ü😀", "'ü😀'")),
          new TypeValues(
              "bpchar",
              "char(5)",
              withNull(value("a    ", "'a'"), value("     ", "''"), value("ü😀   ", "'ü😀'"))),
          of("uuid", uuids()),
          of("json", jsons("json")),
          of("jsonb", jsons("jsonb")),
          of("numeric(10,2)", decimals(10, 2)),
          of("numeric(5)", decimals(5, 0)),
          of("numeric(19)", decimals(19, 0)),
          of("numeric(38,10)", decimals(38, 10)),
          of("numeric(200,100)", decimals(200, 100)),
          of("numeric(1000,3)", decimals(1000, 3)),
          of("numeric(1000,1000)", decimals(1000, 1000)),
          new TypeValues("numeric(18,3)", "numeric", decimals(18, 3)),
          new TypeValues("numeric(30,7)", "numeric", decimals(30, 7)),
          of("date", dates()),
          of("time", times()),
          of("timestamp", timestamps("")),
          of("timestamptz", timestamps("+00")));

  boolean canBeKey() {
    return !wireType.equals("json");
  }

  @Override
  public String toString() {
    return wireType.equals(targetType) ? wireType : wireType + " as " + targetType;
  }

  static String sql(List<Value> values) {
    return values.stream().map(Value::sql).collect(Collectors.joining(", "));
  }

  private static TypeValues of(String type, Value... values) {
    return new TypeValues(type, type, withNull(values));
  }

  private static TypeValues of(String type, List<Value> values) {
    return of(type, values.toArray(Value[]::new));
  }

  private static List<Value> withNull(Value... values) {
    return Stream.concat(Stream.of(value(null, "null")), Stream.of(values)).toList();
  }

  private static Value value(Object wire, String sql) {
    return new Value(wire, sql);
  }

  private static Value quoted(Object wire, String text) {
    return new Value(wire, "'" + text.replace("'", "''") + "'");
  }

  private static List<Value> integers(long min, long max) {
    return Stream.of(min, max, 0L, 1L, -1L, 63L, 64L, -64L, -65L, 9L, 10L, -10L, 8191L, 8192L)
        .map(n -> quoted(n, Long.toString(n)))
        .toList();
  }

  private static List<Value> floats() {
    return Stream.of(
            0f,
            -0f,
            1f,
            -1.5f,
            0.1f,
            1e10f,
            16777216f,
            Float.MIN_VALUE,
            Float.MIN_NORMAL,
            Float.MAX_VALUE,
            -Float.MAX_VALUE,
            Float.NaN,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY)
        .map(f -> value(f, "'" + sql(f.toString()) + "'::float4"))
        .toList();
  }

  private static List<Value> doubles() {
    return Stream.of(
            0d,
            -0d,
            1d,
            -1.5d,
            0.1d,
            0.30000000000000004d,
            2.0E-3,
            // 1e23: JDK 19 writes this double otherwise than JDK 17, so no literal suits both.
            Double.longBitsToDouble(0x44b52d02c7e14af6L),
            9007199254740991d,
            Double.MIN_VALUE,
            Double.MIN_NORMAL,
            Double.MAX_VALUE,
            -Double.MAX_VALUE,
            Double.NaN,
            Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY)
        .map(d -> value(d, "'" + sql(d.toString()) + "'::float8"))
        .toList();
  }

  private static String sql(String number) {
    return number.equals("-0.0") ? "-0" : number;
  }

  private static List<Value> texts() {
    return Stream.concat(
            Stream.of(
                    "",
                    "a",
                    " blanks ",
                    "NULL",
                    "null",
                    "{}",
                    "a,b",
                    "{\"a\"}",
                    "\\",
                    "\\\\\"",
                    "it's \"quoted\"",
                    "tab\tand\nlines\r\n",
                    "\u0001\u007f",
                    "Grüße, 雪, 😀, \ud83d\udc69\u200d\ud83d\ude80",
                    "\u00a0\u2028\ufeff")
                .map(text -> quoted(text, text)),
            Stream.of(
                value("x".repeat(MEGABYTE), "repeat('x', 1048576)"),
                value("\"\\".repeat(MEGABYTE / 2), "repeat('\"\\', 524288)")))
        .toList();
  }

  private static List<Value> uuids() {
    return Stream.of(
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "01234567-89AB-cdef-FEDC-ba9876543210")
        .map(uuid -> quoted(uuid, uuid))
        .map(v -> value(v.wire(), v.sql() + "::uuid"))
        .toList();
  }

  private static List<Value> jsons(String type) {
    return Stream.concat(
            Stream.of(
                    "{}",
                    "{\"a\":[1,\"x\\\"y\\\\z\",null]}",
                    "{\"k\":\"\\u003c😀\",\"n\":1e-9}",
                    "{\"\":{}}")
                .map(json -> value(json, "'" + json + "'::" + type)),
            Stream.of(
                value(
                    "{\"a\":\"" + "x".repeat(MEGABYTE) + "\"}",
                    "('{\"a\":\"' || repeat('x', 1048576) || '\"}')::" + type)))
        .toList();
  }

  /** Around every power of ten and of two that the type reaches, and random ones. */
  private static List<Value> decimals(int precision, int scale) {
    var limit = BigInteger.TEN.pow(precision);
    var unscaled = new ArrayList<BigInteger>();
    unscaled.add(BigInteger.ZERO);
    int step = Math.max(1, precision / 40);
    for (int digits = 0; digits <= precision; digits += step) {
      unscaled.add(BigInteger.TEN.pow(digits));
      unscaled.add(BigInteger.TEN.pow(digits).subtract(BigInteger.ONE));
    }
    for (int bits = 7; bits < limit.bitLength() && bits < 100; bits += 8) {
      for (int delta = -1; delta <= 1; delta++) {
        unscaled.add(BigInteger.ONE.shiftLeft(bits).add(BigInteger.valueOf(delta)));
      }
    }
    var random = new Random(precision * 31L + scale);
    for (int i = 0; i < 20; i++) {
      unscaled.add(new BigInteger(random.nextInt(limit.bitLength()), random));
    }
    unscaled.add(limit.subtract(BigInteger.ONE));
    return unscaled.stream()
        .filter(n -> n.compareTo(limit) < 0)
        .flatMap(n -> Stream.of(n, n.negate()))
        .distinct()
        .map(n -> new BigDecimal(n, scale))
        .map(n -> value(n, "'" + n.toPlainString() + "'::numeric"))
        .toList();
  }

  private static List<Value> dates() {
    var values = new ArrayList<Value>();
    Stream.of(
            LocalDate.EPOCH,
            LocalDate.of(2000, 1, 1),
            LocalDate.of(1999, 12, 31),
            LocalDate.of(1969, 12, 31),
            LocalDate.of(2024, 2, 29),
            LocalDate.of(1900, 2, 28),
            LocalDate.of(1582, 10, 10),
            LocalDate.of(1, 1, 1),
            LocalDate.of(0, 12, 31),
            LocalDate.of(0, 2, 29),
            LocalDate.of(-4713, 11, 24),
            LocalDate.of(9999, 12, 31),
            LocalDate.of(10000, 1, 1),
            LocalDate.of(5874897, 12, 31))
        .forEach(date -> values.add(quoted(date, sql(date) + era(date))));
    var random = new Random(7);
    for (int i = 0; i < 50; i++) {
      var date = LocalDate.ofEpochDay(-2_440_588L + random.nextInt(10_000_000));
      values.add(quoted(date, sql(date) + era(date)));
    }
    values.add(quoted("infinity", "infinity"));
    values.add(quoted("-infinity", "-infinity"));
    return values.stream().map(v -> value(v.wire(), v.sql() + "::date")).distinct().toList();
  }

  private static List<Value> times() {
    return Stream.of("00:00:00", "24:00:00", "23:59:59.999999", "00:00:00.000001", "12:34:56.5")
        .map(time -> value(time, "'" + time + "'::time"))
        .toList();
  }

  private static List<Value> timestamps(String zone) {
    var values = new ArrayList<Value>();
    Stream.of(
            LocalDateTime.of(1970, 1, 1, 0, 0),
            LocalDateTime.of(1969, 12, 31, 23, 59, 59, 999_999_000),
            LocalDateTime.of(2000, 1, 1, 0, 0),
            LocalDateTime.of(1999, 12, 31, 23, 59, 59, 999_999_000),
            LocalDateTime.of(1, 1, 1, 0, 0),
            LocalDateTime.of(0, 12, 31, 23, 59, 59, 1_000),
            LocalDateTime.of(-4713, 11, 24, 0, 0),
            LocalDateTime.of(9999, 12, 31, 23, 59, 59, 999_999_000),
            // The last that 64 bits of microseconds since 1970 reach.
            LocalDateTime.of(294247, 1, 10, 4, 0, 54, 775_807_000).minusYears(1),
            LocalDateTime.of(2024, 2, 29, 10, 20, 30, 120_000_000))
        .forEach(
            time ->
                values.add(
                    quoted(
                        time,
                        sql(time.toLocalDate())
                            + " "
                            + time.toLocalTime()
                            + zone
                            + era(time.toLocalDate()))));
    values.add(quoted("infinity", "infinity"));
    values.add(quoted("-infinity", "-infinity"));
    String type = zone.isEmpty() ? "::timestamp" : "::timestamptz";
    return values.stream().map(v -> value(v.wire(), v.sql() + type)).toList();
  }

  private static String sql(LocalDate date) {
    int year = date.getYear() > 0 ? date.getYear() : 1 - date.getYear();
    return "%04d-%02d-%02d".formatted(year, date.getMonthValue(), date.getDayOfMonth());
  }

  private static String era(LocalDate date) {
    return date.getYear() > 0 ? "" : " BC";
  }
}
