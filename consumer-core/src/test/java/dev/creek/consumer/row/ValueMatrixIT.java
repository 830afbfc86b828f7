package dev.creek.consumer.row;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.TableWire.Identity;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalDecoder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every type and every remarkable value, encoded by Avro's own encoder, transcoded, and compared by
 * PostgreSQL with what it makes of the same value in SQL.
 */
final class ValueMatrixIT {
  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  private static final WalTx TX = WalTx.of(1);
  private static PostgresDatabase database;

  @BeforeAll
  static void createTypes() {
    database = postgres.freshDatabase();
    database.execute(
        "create type mood as enum ('calm', 'edgy')",
        "create type pair as (x int, y text)",
        "create domain posint as int check (value > 0)",
        "create domain money2 as numeric(12,2)",
        "create domain whenever as timestamptz",
        "create domain ints as int[]");
  }

  @AfterAll
  static void dropDatabase() {
    database.drop();
  }

  private static void createTables(String columns) {
    database.execute(
        "drop table if exists t, expected",
        "create table t (" + columns + ")",
        "create table expected (" + columns + ")");
  }

  static List<TypeValues> types() {
    return TypeValues.ALL;
  }

  static List<TypeValues> keyTypes() {
    return TypeValues.ALL.stream().filter(TypeValues::canBeKey).toList();
  }

  @ParameterizedTest
  @MethodSource("types")
  void columnsHoldTheSourcesValues(TypeValues type) throws Exception {
    var wire = TableWire.of("app", "t").column("id", "int4", Flag.KEY).column("v", type.wireType());
    createTables("id int primary key, v " + type.targetType());
    var rows = new ArrayList<WalBytes>();
    var expected = new ArrayList<String>();
    for (int i = 0; i < type.values().size(); i++) {
      rows.add(wire.insert(TX, i, type.values().get(i).wire()));
      expected.add("(%d, %s)".formatted(i, type.values().get(i).sql()));
    }
    writesFirstInABatchAndLater(wire, rows, expected);
  }

  @ParameterizedTest
  @MethodSource("types")
  void arraysHoldTheSourcesValues(TypeValues type) throws Exception {
    var wire =
        TableWire.of("app", "t").column("id", "int4", Flag.KEY).column("v", type.wireType() + "[]");
    String target = type.targetType() + "[]";
    createTables("id int primary key, v " + target);
    var values = type.values().stream().filter(value -> value.wire() != null).toList();
    var rows = new ArrayList<WalBytes>();
    var expected = new ArrayList<String>();
    rows.add(wire.insert(TX, 0, values.stream().map(TypeValues.Value::wire).toList()));
    expected.add("(0, array[%s]::%s)".formatted(TypeValues.sql(values), target));
    rows.add(wire.insert(TX, 1, List.of()));
    expected.add("(1, '{}')");
    rows.add(wire.insert(TX, 2, null));
    expected.add("(2, null)");
    for (var value : values) {
      int id = rows.size();
      rows.add(wire.insert(TX, id, List.of(value.wire(), value.wire())));
      expected.add("(%d, array[%s, %s]::%s)".formatted(id, value.sql(), value.sql(), target));
    }
    writesFirstInABatchAndLater(wire, rows, expected);
  }

  @ParameterizedTest
  @MethodSource("keyTypes")
  void keysFindTheirRows(TypeValues type) throws Exception {
    var wire = TableWire.of("app", "t").column("k", type.wireType(), Flag.KEY).column("v", "text");
    createTables("k %s primary key, v text".formatted(type.targetType()));
    var values = type.values().stream().filter(TypeValues.Value::canBeKey).toList();
    for (var identity : List.of(Identity.DEFAULT, Identity.FULL)) {
      var table = wire.identity(identity);
      try (var connection = database.connect()) {
        var shape = TargetShapes.read(connection, "public", "t");
        var plan = ChangePlan.of(table.walSchema(), shape);
        var apply = new PostgresApply(connection, shape);
        var inserts = values.stream().map(v -> table.insert(TX, v.wire(), "old")).toList();
        apply.apply(plan, plan.fold(changes(table, inserts)));
        // Before and after images write a key in different slots: one key all the same.
        var updates = new ArrayList<WalBytes>();
        values.forEach(v -> updates.add(table.delete(TX, table.row(v.wire(), "old"))));
        values.forEach(v -> updates.add(table.insert(TX, v.wire(), "new")));
        values.forEach(
            v ->
                updates.add(
                    table.update(TX, table.row(v.wire(), "new"), table.row(v.wire(), "newer"))));
        var folded = plan.fold(changes(table, updates));
        assertThat(folded.deletes().rows()).isZero();
        assertThat(folded.updates().rows()).isEqualTo(values.size());
        apply.apply(plan, folded);
        database.execute(
            "delete from expected",
            "insert into expected select k, 'newer' from unnest(array[%s]::%s[]) k"
                .formatted(TypeValues.sql(values), type.targetType()));
        assertSameRows("k");
        var deletes =
            values.stream().map(v -> table.delete(TX, table.row(v.wire(), "newer"))).toList();
        apply.apply(plan, plan.fold(changes(table, deletes)));
        assertThat(database.value("select count(*) from t")).isEqualTo("0");
      }
    }
  }

  /** A wire type, a target type that it must be cast to, a value, and the same value in SQL. */
  record Cast(String wire, String target, Object value, String sql) {}

  static final List<Cast> CASTS =
      List.of(
          new Cast("text", "mood", "edgy", "'edgy'"),
          new Cast("text", "mood[]", "{edgy,calm}", "'{edgy,calm}'"),
          new Cast("text", "inet", "10.0.0.1/8", "'10.0.0.1/8'"),
          new Cast("text", "money", "$12.34", "12.34"),
          new Cast("text", "pair", "(1,\"x y\")", "(1, 'x y')"),
          new Cast("text", "posint", "7", "7"),
          new Cast("text", "timetz", "12:00:00+02", "'12:00:00+02'"),
          new Cast("text", "xml", "<a>1</a>", "'<a>1</a>'"),
          new Cast("text", "tsvector", "'a' 'b'", "'a b'"),
          new Cast("text", "bytea", "\\x00ff", "'\\x00ff'"),
          new Cast(
              "text", "interval", "1 day 02:00:00", "'26 hours'::interval - '24 hours' + '1 day'"),
          new Cast("char", "\"char\"", "x", "'x'"),
          new Cast("text", "name", "some", "'some'"),
          new Cast("text", "jsonb", "[1]", "'[1]'"),
          new Cast(
              "text",
              "uuid",
              "11111111-2222-3333-4444-555555555555",
              "'11111111222233334444555555555555'"),
          new Cast("int4", "posint", 7, "7"),
          new Cast("int4", "int8", Integer.MIN_VALUE, "-2147483648"),
          new Cast("int4", "numeric", 42, "42"),
          new Cast("int4", "float8", 42, "42"),
          new Cast("int4", "text", -42, "'-42'"),
          new Cast("int8", "int4", 42L, "42"),
          new Cast("float4", "float8", 0.1f, "0.1::float4::float8"),
          new Cast("float8", "text", 0.1, "'0.1'"),
          new Cast("numeric(10,2)", "numeric", "1.50", "1.50"),
          new Cast("numeric(10,2)", "money2", "1.50", "1.5"),
          new Cast("numeric(10,2)", "float8", "1.50", "1.5"),
          new Cast("numeric(10)", "int8", "9999999999", "9999999999"),
          new Cast("bool", "text", true, "'true'"),
          new Cast(
              "uuid",
              "text",
              "11111111-2222-3333-4444-555555555555",
              "'11111111-2222-3333-4444-555555555555'"),
          new Cast("json", "jsonb", "{\"b\": 1, \"a\": 2}", "'{\"a\":2,\"b\":1}'"),
          new Cast("jsonb", "json", "{\"a\":2}", "'{\"a\":2}'"),
          new Cast("json", "text", "{\"a\":2}", "'{\"a\":2}'"),
          new Cast("date", "timestamptz", "2024-02-29", "'2024-02-29 00:00+00'"),
          new Cast("date", "text", "infinity", "'infinity'"),
          new Cast("timestamp", "timestamptz", "2024-02-29T10:00:00", "'2024-02-29 10:00+00'"),
          new Cast("timestamptz", "timestamp", "2024-02-29T10:00:00", "'2024-02-29 10:00'"),
          new Cast("timestamptz", "text", "2024-02-29T10:00:00", "'2024-02-29 10:00:00+00'"),
          new Cast("timestamptz", "whenever", "2024-02-29T10:00:00", "'2024-02-29 10:00+00'"),
          new Cast("int4[]", "int8[]", List.of(1, 2), "'{1,2}'"),
          new Cast("int4[]", "text", List.of(1, 2), "'{1,2}'"),
          new Cast("text[]", "mood[]", List.of("calm"), "'{calm}'"),
          new Cast("text[]", "ints", List.of("1"), "'{1}'"),
          new Cast("varchar[]", "char(4)[]", List.of("a b ", "cd  "), "'{\"a b \",\"cd  \"}'"),
          new Cast(
              "timestamp[]",
              "timestamptz[]",
              List.of("2024-02-29T10:00:00"),
              "'{2024-02-29 10:00+00}'"),
          new Cast("numeric", "numeric", null, "null"),
          new Cast("numeric[]", "numeric[]", List.of(), "'{}'"));

  @ParameterizedTest
  @FieldSource("CASTS")
  void targetsMayHaveOtherTypes(Cast cast) throws Exception {
    createTables("id int primary key, v " + cast.target());
    var wire = TableWire.of("app", "t").column("id", "int4", Flag.KEY).column("v", cast.wire());
    writesFirstInABatchAndLater(
        wire,
        List.of(wire.insert(TX, 0, cast.value()), wire.insert(TX, 1, (Object) null)),
        List.of("(0, %s)".formatted(cast.sql()), "(1, null)"));
  }

  private static void writesFirstInABatchAndLater(
      TableWire wire, List<WalBytes> rows, List<String> expected) throws Exception {
    database.execute("insert into expected values " + String.join(", ", expected));
    try (var connection = database.connect()) {
      var shape = TargetShapes.read(connection, "public", "t");
      var plan = ChangePlan.of(wire.walSchema(), shape);
      var apply = new PostgresApply(connection, shape);
      var changes = changes(wire, rows);
      var alone = changes.stream().map(change -> plan.fold(List.of(change)).inserts()).toList();
      apply.apply(plan, new Step.Insert(concatenated(alone)));
      assertSameRows("id");
      database.execute("delete from t");
      apply.apply(plan, plan.fold(changes));
      assertSameRows("id");
      if (plan.rows().isCopyable()) {
        database.execute("delete from t");
        apply.copy(plan, plan.fold(changes, 1).copied());
        assertSameRows("id");
      }
    }
  }

  private static RowColumns concatenated(List<RowColumns> parts) {
    var columns = new ArrayList<ValueColumn>();
    for (int i = 0; i < parts.get(0).columns().size(); i++) {
      var whole = new ValueColumn(16);
      for (RowColumns part : parts) {
        whole.addEncoded(part.columns().get(i).array(), 0);
      }
      columns.add(whole);
    }
    return new RowColumns(columns, parts.size());
  }

  /**
   * As records, because a record's text keeps what a cast to text would drop: blanks, scale, sign.
   */
  private static void assertSameRows(String key) {
    assertThat(
            database.query(
                """
                select %s::text, left(t::text, 200), left(e::text, 200)
                  from t full join expected e using (%s)
                 where t::text is distinct from e::text
                """
                    .formatted(key, key)))
        .isEmpty();
    assertThat(database.value("select count(*) from t"))
        .isEqualTo(database.value("select count(*) from expected"));
  }

  private static List<Change> changes(TableWire wire, List<WalBytes> messages) {
    var decoder = new WalDecoder(wire.walSchema());
    var changes = new ArrayList<Change>();
    for (WalBytes message : messages) {
      changes.add(decoder.decode(message.message(changes.size() + 1L)));
    }
    return changes;
  }
}
