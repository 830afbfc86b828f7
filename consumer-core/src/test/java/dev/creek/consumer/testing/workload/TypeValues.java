package dev.creek.consumer.testing.workload;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;

/** Every type that the wire carries, with its remarkable values and others. */
final class TypeValues {
  private static final int SECONDS_OF_CENTURIES = 2_000_000_000;

  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "a",
          "NULL",
          "null",
          "{}",
          "a,b",
          "{\"a\"}",
          "\\",
          "\\N",
          "it's \"quoted\"",
          "tab\tand\nlines\r\n",
          "\u0001\u007f",
          "Grüße, 雪, 😀, \ud83d\udc69\u200d\ud83d\ude80",
          "\u00a0\u2028\ufeff");

  private static final Values TEXT = Values.of(TEXTS, TypeValues::text);

  /** By the type's name; those of which the wire has arrays, too. */
  static final Map<String, Values> WITH_ARRAYS = new TreeMap<>();

  /** What the wire carries as its text. */
  static final Map<String, Values> AS_TEXT = new TreeMap<>();

  static {
    WITH_ARRAYS.put("bool", Values.oneOf("t", "f"));
    WITH_ARRAYS.put("int2", Values.of(List.of("-32768", "32767", "0"), r -> any(r, 16)));
    WITH_ARRAYS.put("int4", Values.of(List.of("-2147483648", "2147483647"), r -> any(r, 32)));
    WITH_ARRAYS.put(
        "int8", Values.of(List.of("-9223372036854775808", "9223372036854775807"), r -> any(r, 64)));
    WITH_ARRAYS.put(
        "float4",
        Values.of(
            List.of("NaN", "Infinity", "-Infinity", "-0", "1e-45", "3.4028235e+38"),
            random -> Float.toString(random.nextFloat() * 1000 - 500)));
    WITH_ARRAYS.put(
        "float8",
        Values.of(
            List.of("NaN", "Infinity", "-Infinity", "-0", "5e-324", "1.7976931348623157e+308"),
            random -> Double.toString(random.nextGaussian() * 1e6)));
    WITH_ARRAYS.put("text", TEXT);
    WITH_ARRAYS.put("varchar(30)", TEXT);
    WITH_ARRAYS.put("char(7)", Values.of(List.of("", "a", "ü😀", "7 chars"), r -> any(r, 16)));
    WITH_ARRAYS.put(
        "uuid",
        Values.of(
            List.of("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
            random -> new UUID(random.nextLong(), random.nextLong()).toString()));
    WITH_ARRAYS.put("numeric(12,3)", numeric(12, 3));
    WITH_ARRAYS.put("numeric(5)", numeric(5, 0));
    WITH_ARRAYS.put("numeric(60,20)", numeric(60, 20));
    WITH_ARRAYS.put("date", dates());
    WITH_ARRAYS.put(
        "time",
        Values.of(
            List.of("00:00:00", "24:00:00", "23:59:59.999999"),
            random -> LocalTime.ofSecondOfDay(random.nextInt(86_400)).toString()));
    WITH_ARRAYS.put("timestamp", timestamps(""));
    WITH_ARRAYS.put("timestamptz", timestamps("+00"));
    WITH_ARRAYS.put("json", json());
    WITH_ARRAYS.put("jsonb", json());

    AS_TEXT.put("app.mood", Values.oneOf("calm", "edgy", "it's \"ok\""));
    AS_TEXT.put("app.posint", Values.of(List.of("1"), r -> Integer.toString(1 + r.nextInt(99))));
    AS_TEXT.put("app.pair", Values.oneOf("(1,x)", "(,)", "(-5,\"a,\"\"b\"\"\")"));
    AS_TEXT.put("bit(5)", Values.oneOf("10101", "00000"));
    AS_TEXT.put("varbit", Values.oneOf("", "1", "0110010"));
    AS_TEXT.put("bytea", Values.of(List.of("\\x", "\\x00ff"), TypeValues::bytes));
    AS_TEXT.put("inet", Values.oneOf("10.1.2.3", "10.1.2.3/24", "::1", "fe80::/10"));
    AS_TEXT.put("cidr", Values.oneOf("10.1.0.0/16", "::/0"));
    AS_TEXT.put("macaddr", Values.oneOf("08:00:2b:01:02:03"));
    AS_TEXT.put(
        "interval",
        Values.of(
            List.of("00:00:00", "-1 year -2 mons +3 days -04:05:06.789", "178000000 years"),
            random -> random.nextInt(5000) + " days " + random.nextInt(80_000) + " seconds"));
    AS_TEXT.put("int4range", Values.oneOf("empty", "[1,5)", "(,)", "[2147483646,)"));
    AS_TEXT.put("tstzrange", Values.oneOf("empty", "[\"2024-02-29 10:00:00+00\",infinity)"));
    AS_TEXT.put("int2vector", Values.oneOf("", "1 2 3"));
    AS_TEXT.put("money", Values.oneOf("$0.00", "-$1,234,567.89"));
    AS_TEXT.put("name", Values.oneOf("", "a name"));
    AS_TEXT.put("oid", Values.oneOf("0", "4294967295"));
    AS_TEXT.put("pg_lsn", Values.oneOf("0/0", "16/B374D848"));
    AS_TEXT.put("point", Values.oneOf("(1,2)", "(-0.5,1e+300)"));
    AS_TEXT.put("timetz", Values.oneOf("00:00:00+00", "24:00:00-15:59", "12:34:56.789+02"));
    AS_TEXT.put("tsvector", Values.oneOf("", "'a':1A 'fat':2,4C"));
    AS_TEXT.put("xml", Values.oneOf("<a>1</a>", "<a b=\"ü\"/>text"));
  }

  private TypeValues() {}

  /** Of this type, which need not be spelled as above. */
  static Values of(String type) {
    Values values = WITH_ARRAYS.get(type);
    return values != null ? values : AS_TEXT.get(type);
  }

  static Values text() {
    return TEXT;
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(12);
    for (int i = 0; i < length; i++) {
      text.appendCodePoint(random.nextInt(8) == 0 ? 0x80 + random.nextInt(0x2000) : ascii(random));
    }
    return text.toString();
  }

  private static int ascii(Random random) {
    return ' ' + random.nextInt('~' - ' ' + 1);
  }

  private static String any(Random random, int bits) {
    return Long.toString(random.nextLong() >> (64 - bits));
  }

  private static String bytes(Random random) {
    byte[] bytes = new byte[random.nextInt(20)];
    random.nextBytes(bytes);
    return "\\x" + HexFormat.of().formatHex(bytes);
  }

  private static Values numeric(int precision, int scale) {
    BigInteger limit = BigInteger.TEN.pow(precision).subtract(BigInteger.ONE);
    return Values.of(
        List.of(
            "0",
            new BigDecimal(limit, scale).toPlainString(),
            new BigDecimal(limit.negate(), scale).toPlainString(),
            new BigDecimal(BigInteger.valueOf(-128), scale).toPlainString()),
        random ->
            new BigDecimal(new BigInteger(limit.bitLength() - 1, random), scale).toPlainString());
  }

  private static Values dates() {
    return Values.of(
        List.of(
            "infinity",
            "-infinity",
            "4714-11-24 BC",
            "5874897-12-31",
            "0001-01-01",
            "1969-12-31",
            "2024-02-29"),
        random -> LocalDate.of(1800, 1, 1).plusDays(random.nextInt(150_000)).toString());
  }

  private static Values timestamps(String zone) {
    return Values.of(
        List.of(
            "infinity",
            "-infinity",
            "4714-11-24 00:00:00" + zone + " BC",
            "1969-12-31 23:59:59.999999" + zone,
            "2000-01-01 00:00:00" + zone,
            // Microseconds since 1970 reach not much further.
            "294246-12-31 23:59:59.999999" + zone),
        random ->
            LocalDateTime.of(1940, 1, 1, 0, 0)
                    .plusSeconds(random.nextInt(SECONDS_OF_CENTURIES))
                    .plusNanos(1000L * random.nextInt(1_000_000))
                + zone);
  }

  private static Values json() {
    return Values.of(
        List.of(
            "{}",
            "[]",
            "null",
            "\"text\"",
            "1.10",
            "{\"a\":[1,\"x\\\"y\\\\z\",null]}",
            "{\"k\":\"\\u003c😀\",\"n\":1e-9}",
            "[12345678901234567890, {\"\":{}}]"),
        random -> "{\"n\":" + random.nextInt(100) + ",\"t\":[true,null]}");
  }
}
