package dev.creek.consumer.machine;

import java.util.List;

/**
 * A kind of column: a source type with values that its neighbours cannot tell apart or hold.
 *
 * @param type the source's type
 * @param keyable whether it may be part of a key
 * @param values as SQL takes them in quotes; few, so that they meet
 * @param wider target types that hold each of them exactly
 * @param narrower target types that refuse, round, cut or forget some
 */
record Kind(
    String type, boolean keyable, List<String> values, List<String> wider, List<String> narrower) {

  private static final List<String> TEXTS =
      List.of("a", "A", "b", "B", "", "a ", " a", "ab", "é", "e\u0301");

  /** Those of most keys. */
  static final Kind NUMBER =
      key(
          "int4",
          List.of("0", "1", "2", "3", "4", "5", "6", "7", "40000"),
          List.of("int8", "numeric", "numeric(20,4)", "text"),
          List.of("int2", "numeric(3,0)", "float4"));

  static final List<Kind> ALL =
      List.of(
          NUMBER,
          NUMBER,
          key(
              "int8",
              List.of("1", "2", "3", "5000000000", "9007199254740993"),
              List.of("numeric", "text"),
              List.of("int4", "float8")),
          key("int2", List.of("1", "2", "3", "-300"), List.of("int4", "int8", "text"), List.of()),
          key(
              "numeric(10,2)",
              List.of("12.30", "12.34", "12.35", "12.29", "-0.01", "0.00", "100000.01"),
              List.of("numeric(12,2)", "numeric(14,4)", "numeric"),
              List.of("numeric(10,1)", "numeric(10,0)", "numeric(4,2)", "float8", "float4")),
          key(
              "text",
              List.of("a", "A", "b", "B", "", "a ", " a", "abcdefgh", "é", "e\u0301"),
              List.of("varchar"),
              List.of("varchar(3)", "char(8)", "char(3)")),
          key(
              "varchar(5)",
              TEXTS,
              List.of("varchar(8)", "varchar", "text"),
              List.of("varchar(1)", "char(5)", "char(9)")),
          key(
              "char(4)",
              List.of("a", "A", "b", "ab", ""),
              List.of("char(4)"),
              List.of("char(1)", "varchar(2)")),
          key(
              "timestamp",
              List.of(
                  "2024-01-01 00:00:00",
                  "2024-01-01 00:00:00.4",
                  "2024-01-01 00:00:00.400001",
                  "2024-01-01 10:00:00"),
              List.of("timestamp(6)"),
              List.of("timestamp(0)", "timestamp(3)", "date")),
          key(
              "timestamptz",
              List.of("2024-01-01 00:00:00+00", "2024-01-01 00:00:00.25+00", "infinity"),
              List.of("timestamptz(6)"),
              List.of("timestamptz(0)", "date")),
          key(
              "timestamp(3)",
              List.of("2024-01-01 00:00:00.123", "2024-01-01 00:00:00.124"),
              List.of("timestamp", "timestamp(4)"),
              List.of("timestamp(2)")),
          key("date", List.of("2024-01-01", "2024-01-02", "0044-03-15 BC"), List.of(), List.of()),
          plain(
              "time",
              List.of("10:00:00", "10:00:00.6", "10:00:00.600001", "24:00:00"),
              List.of("time(6)"),
              List.of("time(0)", "time(3)")),
          plain(
              "timetz",
              List.of("10:00:00+02", "10:00:00.123456+02"),
              List.of("text"),
              List.of("timetz(0)")),
          plain("bool", List.of("t", "f"), List.of(), List.of()),
          plain(
              "float4",
              List.of("0.1", "1e10", "NaN", "-0"),
              List.of("float8"),
              List.of("numeric(5,1)")),
          plain(
              "float8",
              List.of("0.1", "1e300", "NaN", "0.30000000000000004"),
              List.of(),
              List.of("float4", "numeric(5,1)")),
          key(
              "uuid",
              List.of(
                  "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"),
              List.of("text"),
              List.of()),
          plain("json", List.of("{\"a\": 1}", "{\"a\":1.0,\"b\":[]}"), List.of(), List.of()),
          plain("jsonb", List.of("{\"a\": 1}", "{\"b\":[1,{}]}"), List.of(), List.of()),
          plain("int4[]", List.of("{1,2}", "{}", "{40000}"), List.of("int8[]"), List.of("int2[]")),
          plain(
              "numeric(8,2)[]",
              List.of("{1.25,1.21}", "{}", "{0.01}"),
              List.of("numeric(10,2)[]"),
              List.of("numeric(8,1)[]")),
          plain("text[]", List.of("{a,A}", "{}", "{\"a \"}"), List.of(), List.of("varchar(1)[]")),
          plain(
              "timestamp[]",
              List.of("{\"2024-01-01 00:00:00.4\"}", "{}"),
              List.of("timestamp(6)[]"),
              List.of("timestamp(0)[]")),
          key("app.mood", List.of("calm", "edgy"), List.of("text"), List.of("app.less_mood")),
          key("app.posint", List.of("1", "2", "3", "70000"), List.of("int4"), List.of("int2")),
          plain(
              "app.price",
              List.of("12.30", "12.34", "0.01"),
              List.of("numeric(10,2)", "numeric(12,3)"),
              List.of("numeric(10,1)", "app.coarse_price")),
          plain("bit(4)", List.of("1010", "1111"), List.of("text", "varbit(4)"), List.of("bit(3)")),
          plain("varbit(6)", List.of("1010", "101011"), List.of("varbit"), List.of("varbit(4)")),
          plain(
              "interval",
              List.of("1 day 00:00:01.5", "1 mon", "-00:00:00.000001"),
              List.of("interval(6)"),
              List.of("interval(0)", "interval year to month")),
          plain("bytea", List.of("\\x", "\\x00ff"), List.of(), List.of()),
          plain("inet", List.of("10.0.0.1", "10.0.0.1/24"), List.of("text"), List.of("cidr")));

  static final List<Kind> OF_KEYS = ALL.stream().filter(Kind::keyable).toList();

  private static Kind key(
      String type, List<String> values, List<String> wider, List<String> narrower) {
    return new Kind(type, true, values, wider, narrower);
  }

  private static Kind plain(
      String type, List<String> values, List<String> wider, List<String> narrower) {
    return new Kind(type, false, values, wider, narrower);
  }

  /** For either side, before any table. */
  static List<String> types() {
    return List.of(
        "create schema app",
        "create type app.mood as enum ('calm', 'edgy')",
        "create type app.less_mood as enum ('calm')",
        "create domain app.posint as int check (value > 0)",
        "create domain app.price as numeric(10,2)",
        "create domain app.coarse_price as numeric(10,1)",
        "create function app.lowered(anyelement) returns text immutable language sql"
            + " as 'select lower($1::text)'",
        "create function app.half(anyelement) returns boolean immutable language sql"
            + " as 'select pg_catalog.hashtext($1::text) % 2 = 0'",
        "create collation app.any_case"
            + " (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
  }

  boolean isText() {
    return type.equals("text") || type.startsWith("varchar") || type.startsWith("char");
  }
}
