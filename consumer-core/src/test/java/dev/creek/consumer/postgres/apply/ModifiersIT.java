package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.Load;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Columns that round, cut or forget: whichever way a value takes, it is there as it was, or its
 * table has stopped with the statement that mends it.
 */
final class ModifiersIT {
  @RegisterExtension static final TargetDatabase database = TargetDatabase.shared();

  private static final WalTx TX = WalTx.of(1);

  /** Enough for COPY. */
  private static final int ROWS = 600;

  @BeforeEach
  void createTypes() {
    database.execute(
        "create domain tenths as numeric(10,1)",
        "create domain tenths_of_tenths as tenths",
        "create domain tenth_list as numeric(10,1)[]",
        "create domain second as timestamp(0)",
        "create domain day as date",
        "create domain word as varchar(3)",
        "create type pair as (a int, b numeric(10,1))",
        "create type deep as (p pair)");
  }

  /**
   * A value on its way.
   *
   * @param wire the source's type
   * @param column the target's
   * @param kept a condition that holds where it is as it was; null where it must stop the table
   */
  record Case(String wire, String column, Object value, String kept) {}

  private static Case keeps(String wire, String column, Object value, String kept) {
    return new Case(wire, column, value, kept);
  }

  private static Case stops(String wire, String column, Object value) {
    return new Case(wire, column, value, null);
  }

  static final List<Case> CASES =
      List.of(
          stops("numeric(10,2)", "numeric(10,1)", "12.34"),
          stops("numeric(10,2)", "tenths", "12.34"),
          stops("numeric(10,2)", "tenths_of_tenths", "12.34"),
          stops("numeric(10,2)[]", "numeric(10,1)[]", List.of("12.34")),
          stops("numeric(10,2)[]", "tenth_list", List.of("12.34")),
          stops("numeric(10,2)[]", "tenths[]", List.of("12.34")),
          stops("numeric(10,2)", "numeric(5)", "12.34"),
          stops("numeric(30,2)", "float8", "123456789012345678.25"),
          keeps("numeric(10,2)", "numeric(12,4)", "12.34", "v = 12.34"),
          keeps("numeric(10,2)", "float8", "12.34", "v = 12.34::float8"),
          stops("text", "numeric(10,1)", "1.25"),
          stops("text", "tenths", "1.25"),
          stops("text", "numeric(10,1)", "125e-2"),
          keeps("text", "numeric(10,1)", "1.20", "v = 1.2"),
          keeps("text", "tenths", "-1e3", "v = -1000"),
          keeps("text", "numeric", "1.25", "v = 1.25"),
          stops("text[]", "numeric(10,1)[]", List.of("1.25")),
          stops("text", "numeric(10,1)[]", "{1.25}"),
          stops("text", "tenth_list", "{1.25}"),
          stops("text", "pair", "(1,1.25)"),
          stops("text", "deep", "(\"(1,1.25)\")"),
          stops("text", "float8", "0.1234567890123456789"),
          keeps("text", "float8", "0.30000000000000004", "v = 0.30000000000000004"),
          stops("text", "float4", "0.1234567891"),
          keeps("text", "float4", "0.1", "v = 0.1::float4"),
          stops("int8", "float8", 9007199254740993L),
          keeps("int8", "float8", 9007199254740992L, "v = 9007199254740992"),
          stops("timestamp", "timestamp(0)", "2024-02-29T10:00:00.5"),
          stops("timestamp", "second", "2024-02-29T10:00:00.5"),
          stops("timestamptz", "timestamptz(3)", "2024-02-29T10:00:00.000001"),
          stops("timestamp[]", "timestamp(3)[]", List.of("2024-02-29T10:00:00.000001")),
          stops("time", "time(2)", "10:00:00.001"),
          keeps("timestamp", "timestamp(0)", "2024-02-29T10:00:00", "v = '2024-02-29 10:00'"),
          keeps("timestamp", "second", "1969-12-31T23:59:59", "v = '1969-12-31 23:59:59'"),
          keeps("timestamp", "timestamp(3)", "infinity", "v = 'infinity'"),
          keeps(
              "timestamptz",
              "timestamptz(3)",
              "1960-01-01T00:00:00.125",
              "v = '1960-01-01 00:00:00.125+00'"),
          keeps("time", "time(2)", "10:00:00.25", "v = '10:00:00.25'"),
          stops("timestamp", "day", "2024-02-29T00:00:00"),
          stops("text", "date", "2024-02-29 10:00:00"),
          stops("text", "timestamp", "2024-02-29 10:00:00+02"),
          stops("text", "timestamp(0)", "2024-02-29 10:00:00.5"),
          stops("text", "time", "2024-02-29 10:00:00"),
          keeps("text", "date", "2024-02-29", "v = '2024-02-29'"),
          keeps("text", "timestamp(1)", "2024-02-29 10:00:00.50", "v = '2024-02-29 10:00:00.5'"),
          stops("text", "interval(0)", "00:00:00.5"),
          stops("text", "interval hour to minute", "01:02:03"),
          keeps("text", "interval(1)", "1 day 02:00:00.5", "v = '1 day 2 hours 0.5 seconds'"),
          stops("text", "varchar(3)", "abc "),
          stops("text", "word", "abc  "),
          stops("text[]", "varchar(3)[]", List.of("abc ")),
          stops("text", "varchar(3)", "abcd"),
          keeps("text", "varchar(3)", "ab ", "v = 'ab '"),
          keeps("text", "varchar(3)", "\u00e9\u00e9\u00e9", "char_length(v) = 3"),
          stops("text", "char(4)", "ab "),
          stops("text", "char(4)", "abcd "),
          keeps("text", "char(4)", "ab", "v::text = 'ab'"),
          keeps("bpchar", "char(4)", "ab      ", "v::text = 'ab'"),
          stops("bpchar", "varchar(3)", "ab  "),
          stops("text", "\"char\"", "ab"),
          stops("text", "name", "n".repeat(64)),
          keeps("text", "name", "n".repeat(63), "length(v) = 63"),
          stops("text", "bit(2)", "101"),
          stops("text", "money", "$1.234"),
          keeps("text", "money", "$1.23", "v = 1.23::money"),
          stops("numeric(10,3)", "money", "1.234"),
          stops("int4", "bit(1)", 2),
          stops("int4", "oid", -1));

  private static TableWire wire(String type) {
    return TableWire.of("app", "t").column("id", "int4", KEY).column("v", type);
  }

  private void create(String column) {
    database.execute(
        "drop table if exists t", "create table t (id int primary key, v " + column + ")");
  }

  private void check(Case one, int rows, Throwable stopped) {
    String kept =
        database.value("select count(*) from t where " + (one.kept == null ? "true" : one.kept));
    if (one.kept() == null) {
      assertThat(stopped).as(one.toString()).isNotNull();
      assertThat(kept).as(one.toString()).isEqualTo("0");
    } else {
      assertThat(stopped).as(one.toString()).isNull();
      assertThat(kept).as(one.toString()).isEqualTo(Integer.toString(rows));
    }
  }

  @ParameterizedTest
  @FieldSource("CASES")
  void aValueIsThereAsItWasOrItsTableStops(Case one) {
    var wire = wire(one.wire());
    create(one.column());
    var single = database.line(wire);
    check(one, 1, catchThrowable(() -> single.apply(wire.insert(TX, 1, one.value()))));
    database.execute("truncate t");
    var many =
        IntStream.range(0, ROWS)
            .mapToObj(id -> wire.insert(TX, id, one.value()))
            .toArray(WalBytes[]::new);
    var copied = database.line(wire);
    check(one, ROWS, catchThrowable(() -> copied.apply(many)));
    database.execute("truncate t");
    List<Object[]> rows = List.<Object[]>of(Load.row(1, one.value()));
    check(
        one, 1, catchThrowable(() -> Load.of(database.target(), wire, SnapshotMode.UPSERT, rows)));
    create(one.column());
    String before = type();
    var stopped = catchThrowable(() -> Load.of(database.target(), wire, SnapshotMode.CLEAN, rows));
    if (type().equals(before)) {
      check(one, 1, stopped);
    } else {
      assertThat(stopped).as(one.toString()).isNull();
      requireAsInATableOfItsOwn(one, wire);
    }
  }

  private String type() {
    return database.value(
        "select format_type(atttypid, atttypmod) from pg_attribute"
            + " where attrelid = 't'::regclass and attname = 'v'");
  }

  /** A clean snapshot has made the table anew, with a type that fits. */
  private void requireAsInATableOfItsOwn(Case one, TableWire wire) {
    String snapshotted = database.value("select v::text from t");
    create(type());
    database.line(wire).apply(wire.insert(TX, 1, one.value()));
    assertThat(snapshotted)
        .as(one.toString())
        .isNotNull()
        .isEqualTo(database.value("select v::text from t"));
  }

  @Test
  void theHintMendsItAndNeitherTellsTheValue() {
    create("timestamp(0)");
    var wire = wire("timestamp");
    var line = database.line(wire);
    assertThatThrownBy(() -> line.apply(wire.insert(TX, 1, "2024-02-29T10:11:12.125")))
        .isInstanceOfSatisfying(
            ShapeMismatchException.class,
            e -> {
              assertThat(e)
                  .hasMessage(
                      "message at sequence 1: column \"v\" of \"public\".\"t\" is timestamp(0)"
                          + " without time zone, and would not hold this value of the source's"
                          + " timestamp as it is");
              database.execute(e.hint());
            });
    line.restart();
    line.apply(wire.insert(TX, 1, "2024-02-29T10:11:12.125"));
    assertThat(database.value("select v from t")).isEqualTo("2024-02-29 10:11:12.125");
  }

  @Test
  void keysAreLookedAtAsWell() {
    database.execute("create table t (k timestamp(0) primary key, v text)");
    var wire = TableWire.of("app", "t").column("k", "timestamp", KEY).column("v", "text");
    var line = database.line(wire);
    line.apply(wire.insert(TX, "2024-01-01T00:00:00", "a"));
    var again = line.batch(wire.insert(TX, "2024-01-01T00:00:00.4", "b"));
    assertThatThrownBy(() -> line.apply(again)).isInstanceOf(ShapeMismatchException.class);
    assertThat(database.value("select v from t")).isEqualTo("a");
  }

  @Test
  void whereTheUserSaysSoValuesMayChange() {
    database.execute(
        "create table t (id int primary key, a numeric(10,1), b timestamp(0), c varchar(3), d int)");
    var wire =
        TableWire.of("app", "t")
            .column("id", "int4", KEY)
            .column("a", "numeric(10,2)")
            .column("b", "timestamp")
            .column("c", "text")
            .column("d", "float8");
    var options =
        DatabaseOptions.builder(database.patientUri(), Map.of())
            .lossyColumns(Set.of("public.t.a", "public.t.b", "public.t.c", "public.t.d"))
            .build();
    var line = new Line(database.connect(options), wire);
    var values = new ArrayList<Object>(List.of(1, "12.34", "2024-02-29T10:00:00.4", "abc  ", 1.2));
    line.apply(wire.insert(TX, values.toArray()));
    assertThat(database.value("select t::text from t"))
        .isEqualTo("(1,12.3,\"2024-02-29 10:00:00\",abc,1)");
  }
}
