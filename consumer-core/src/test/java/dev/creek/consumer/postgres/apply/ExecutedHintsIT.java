package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.Load;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Hints are run: whatever a target refuses, the statements that the hint begins with are executed
 * as they stand, and then the same change is applied.
 */
final class ExecutedHintsIT {
  @RegisterExtension static final TargetDatabase database = TargetDatabase.shared();

  private static final WalTx TX = WalTx.of(1);
  private static final String SECRET = "tell-nobody";
  private static final Pattern STATEMENT =
      Pattern.compile("\\b(?:ALTER|CREATE|DROP|GRANT|REINDEX) [^;]*;");

  /**
   * Something that a target refuses.
   *
   * @param rows of a snapshot; empty where only changes are refused
   * @param tells what reason and hint must tell, among others
   * @param filled what somebody puts in the place of the hint's dots
   * @param ddl the target
   */
  record Case(
      String name,
      TableWire wire,
      List<Object[]> rows,
      Function<TableWire, List<WalBytes>> changes,
      List<String> tells,
      String filled,
      List<String> ddl) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Case rows(
      String name,
      String type,
      List<Object[]> rows,
      List<String> tells,
      String filled,
      String... ddl) {
    Function<TableWire, List<WalBytes>> inserts =
        wire -> rows.stream().map(row -> wire.insert(TX, row)).toList();
    return new Case(name, keyed(type), rows, inserts, tells, filled, List.of(ddl));
  }

  private static TableWire keyed(String type) {
    return TableWire.of("app", "t").column("id", "int4", KEY).column("v", type);
  }

  private static Case row(
      String name, String type, Object value, List<String> tells, String... ddl) {
    return rows(name, type, List.<Object[]>of(new Object[] {1, value}), tells, "", ddl);
  }

  private static String table(String columns) {
    return "create table t (id int primary key, " + columns + ")";
  }

  private static final String AUDIT =
      """
      create function audit_it() returns trigger language plpgsql as $$
      begin
        %s
        return new;
      end $$\
      """;

  private static final String TRIGGER =
      "create trigger audit before insert or update on t for each row execute function audit_it()";

  static final List<Case> CASES =
      List.of(
          row("int4 for int8", "int8", 5_000_000_000L, List.of("\"v\"", "int8"), table("v int")),
          row("int2 for int4", "int4", 70_000, List.of("\"v\"", "int4"), table("v smallint")),
          row(
              "int4 key for int8 array",
              "int8[]",
              List.of(5_000_000_000L),
              List.of("\"v\""),
              table("v int[]")),
          row(
              "text in int",
              "text",
              SECRET,
              List.of("column \"v\"", "integer"),
              table("w int, v int")),
          row(
              "text in int[]",
              "text[]",
              List.of(SECRET),
              List.of("column \"v\""),
              table("v int[]")),
          row("text in uuid", "text", SECRET, List.of("column \"v\"", "uuid"), table("v uuid")),
          row("text in bool", "text", SECRET, List.of("column \"v\""), table("v bool")),
          row("text in inet", "text", SECRET, List.of("column \"v\""), table("v inet")),
          row(
              "a domain of int",
              "text",
              SECRET,
              List.of("column \"v\""),
              "create domain whole as int",
              table("v whole")),
          row(
              "too long",
              "text",
              SECRET,
              List.of("column \"v\"", "character varying(3)"),
              table("w varchar(3), v varchar(3)")),
          row(
              "items too long",
              "text[]",
              List.of(SECRET),
              List.of("column \"v\""),
              table("v varchar(3)[]")),
          row(
              "too many digits",
              "numeric(10,2)",
              "12345678.25",
              List.of("column \"v\""),
              table("w numeric(4,2), v numeric(4,2)")),
          row(
              "a decimal in int4",
              "numeric(20,0)",
              "12345678901234567890",
              List.of("column \"v\""),
              table("v int")),
          row("not a date", "text", SECRET, List.of("\"v\""), table("v date")),
          row("bool in timestamptz", "bool", true, List.of("\"v\""), table("v timestamptz")),
          row(
              "bool in an enum",
              "bool",
              true,
              List.of("\"v\""),
              "create type mood as enum ('fine')",
              table("v mood")),
          row(
              "\\u0000 in jsonb",
              "json",
              "{\"a\":\"\\u0000\"}",
              List.of("column \"v\"", "jsonb"),
              table("v jsonb")),
          rows(
              "an enum's label",
              "text",
              List.<Object[]>of(new Object[] {1, SECRET}),
              List.of("column \"v\"", "ALTER TYPE public.mood ADD VALUE"),
              SECRET,
              "create type mood as enum ('fine')",
              table("w mood, v mood")),
          rows(
              "a label of an array's enum",
              "text[]",
              List.<Object[]>of(new Object[] {1, List.of(SECRET)}),
              List.of("column \"v\"", "ALTER TYPE public.mood ADD VALUE"),
              SECRET,
              "create type mood as enum ('fine')",
              table("v mood[]")),
          row(
              "a partition of a list",
              "text",
              "x",
              List.of("PARTITION OF public.t DEFAULT"),
              "create table t (id int primary key, v text) partition by list (id)",
              "create table t_default (id int)",
              "create table t_2 partition of t for values in (2)"),
          rows(
              "a partition of a hash",
              "text",
              IntStream.range(0, 20).mapToObj(id -> new Object[] {id, "x"}).toList(),
              List.of("PARTITION OF public.t FOR VALUES WITH"),
              "",
              "create table t (id int primary key, v text) partition by hash (id)",
              "create table t_0 partition of t for values with (modulus 2, remainder 0)"),
          row(
              "a partition of a partition",
              "text",
              "x",
              List.of("PARTITION OF public.deep"),
              "create table t (id int primary key, v text) partition by range (id)",
              "create table deep partition of t for values from (0) to (9) partition by range"
                  + " (id)"),
          row(
              "another one's row",
              "text",
              "x",
              List.of("DETACH PARTITION \"public\".\"t\""),
              "create table parent (id int primary key, v text) partition by range (id)",
              "create table t partition of parent for values from (5) to (9)"),
          row(
              "a check",
              "text",
              SECRET,
              List.of("DROP CONSTRAINT short"),
              table("v text constraint short check (length(v) < 3)")),
          row(
              "a check of a partition",
              "text",
              SECRET,
              List.of("ALTER TABLE public.t DROP CONSTRAINT short"),
              "create table t (id int primary key, v text constraint short check (length(v) < 3))"
                  + " partition by range (id)",
              "create table t_1 partition of t for values from (0) to (9)"),
          row(
              "a check of a domain",
              "text",
              SECRET,
              List.of("ALTER DOMAIN public.word DROP CONSTRAINT short"),
              "create domain word as text constraint short check (length(value) < 3)",
              table("v word")),
          row(
              "NOT NULL",
              "text",
              null,
              List.of("ALTER COLUMN \"v\" DROP NOT NULL"),
              table("v text not null")),
          row(
              "NOT NULL of a domain",
              "text",
              null,
              List.of("ALTER DOMAIN public.word DROP NOT NULL"),
              "create domain word as text not null",
              table("v word")),
          row(
              "a foreign key",
              "int4",
              7,
              List.of("DROP CONSTRAINT fk"),
              "create table other (id int primary key)",
              table("v int constraint fk references other")),
          new Case(
              "a foreign key of another",
              keyed("text"),
              List.of(),
              wire -> List.of(wire.delete(TX, Map.of("id", 9))),
              List.of("ALTER TABLE public.child DROP CONSTRAINT fk"),
              "",
              List.of(
                  table("v text"),
                  "insert into t values (9, 'x')",
                  "create table child (id int constraint fk references t)",
                  "insert into child values (9)")),
          row(
              "a unique constraint",
              "text",
              "x",
              List.of("DROP CONSTRAINT once"),
              table("v text constraint once unique"),
              "insert into t values (9, 'x')"),
          row(
              "a unique index",
              "text",
              "x",
              List.of("DROP INDEX public.once"),
              table("v text"),
              "create unique index once on t (lower(v))",
              "insert into t values (9, 'X')"),
          row(
              "an exclusion",
              "text",
              "x",
              List.of("DROP CONSTRAINT apart"),
              table("v text, constraint apart exclude using btree (v with =)"),
              "insert into t values (9, 'x')"),
          row(
              "a name that a trigger does not find",
              "text",
              "x",
              List.of("audit_it()", "trigger audit", "search_path"),
              table("v text"),
              "create table audit (id int)",
              AUDIT.formatted("insert into audit values (new.id);"),
              TRIGGER),
          row(
              "a function that a trigger does not find",
              "text",
              "x",
              List.of("audit_it()", "search_path"),
              table("v text"),
              "create function mine() returns int language sql as 'select 1'",
              AUDIT.formatted("perform mine();"),
              TRIGGER),
          row(
              "a name that a partition's trigger does not find",
              "text",
              "x",
              List.of("audit_it()", "search_path"),
              "create table t (id int primary key, v text) partition by range (id)",
              "create table t_1 partition of t for values from (0) to (9)",
              "create table audit (id int)",
              AUDIT.formatted("insert into audit values (new.id);"),
              TRIGGER),
          row(
              "what a trigger raises",
              "text",
              "x",
              List.of("not today", "DISABLE TRIGGER audit"),
              table("v text"),
              AUDIT.formatted("raise exception 'not today';"),
              TRIGGER),
          row(
              "what a trigger divides",
              "text",
              "x",
              List.of("audit_it()", "DISABLE TRIGGER audit"),
              table("v text"),
              AUDIT.formatted("perform 1 / (new.id - 1);"),
              TRIGGER),
          row(
              "a generated column",
              "int4",
              0,
              List.of("DROP EXPRESSION"),
              table("v int, g int generated always as (1 / v) stored")),
          row(
              "a value that is long for an index",
              "text",
              incompressible(4000),
              List.of("DROP INDEX public.wide"),
              table("v text"),
              "create index wide on t (v)"),
          row(
              "a value that is longer than a page",
              "text",
              incompressible(9000),
              List.of("DROP INDEX public.wide"),
              table("v text"),
              "create index wide on t (v)"),
          row(
              "a rule",
              "text",
              "x",
              List.of("DROP RULE tell ON public.t"),
              table("v text"),
              "create rule tell as on insert to t do also notify nobody"),
          new Case(
              "a publication without an identity",
              TableWire.of("app", "t")
                  .column("id", "int4")
                  .column("v", "text")
                  .identity(TableWire.Identity.FULL),
              List.of(),
              wire -> List.of(wire.update(TX, wire.row(1, "a"), wire.row(1, "b"))),
              List.of("REPLICA IDENTITY FULL"),
              "",
              List.of(
                  "create table t (id int, v text)",
                  "insert into t values (1, 'a')",
                  "create publication theirs for table t")),
          row(
              "a deferrable key",
              "text",
              "x",
              List.of("DEFERRABLE", "t_pkey"),
              "create table t (id int primary key deferrable, v text)"));

  /** Text that stays long when it is compressed. */
  private static String incompressible(int length) {
    var random = new java.util.Random(1);
    var text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append((char) ('!' + random.nextInt(90)));
    }
    return text.toString();
  }

  @ParameterizedTest
  @FieldSource("CASES")
  void whatItSaysMendsTheTable(Case one) {
    one.ddl().forEach(sql -> database.execute(sql));
    var line = database.line(one.wire());
    WalBytes[] changes = one.changes().apply(one.wire()).toArray(WalBytes[]::new);
    Throwable refused = catchThrowable(() -> line.apply(changes));
    String hint = hint(refused);
    assertThat(refused.getMessage() + "\n" + hint)
        .contains(one.tells())
        .doesNotContain(SECRET, "PostgreSQL's appendix");
    statements(hint).forEach(sql -> database.execute(sql.replace("...", one.filled())));
    line.restart();
    assertThat(line.apply(changes)).isNotNull();
  }

  /** Cases that only a snapshot meets. */
  private static final List<Case> OF_SNAPSHOTS =
      List.of(
          twice(
              "two rows of one unique value",
              List.of("DROP CONSTRAINT once"),
              table("v text constraint once unique")),
          twice(
              "two rows of one value of an index",
              List.of("DROP INDEX public.once"),
              table("v text"),
              "create unique index once on t (lower(v))"),
          twice(
              "two rows of one value by name",
              List.of("DROP CONSTRAINT \"On\"\"ce\""),
              table("v text, w text constraint other unique"),
              "alter table t add constraint \"On\"\"ce\" unique (v)"),
          twice(
              "two rows that exclude each other",
              List.of("DROP CONSTRAINT apart"),
              table("v text, constraint apart exclude using btree (v with =)")),
          twice(
              "two rows of one unique value, row by row",
              List.of("DROP CONSTRAINT once"),
              table("v text constraint once unique"),
              "create view seen as select * from t"),
          row(
              "a trigger that keeps rows out",
              "text",
              "x",
              List.of("DISABLE TRIGGER audit"),
              table("v text"),
              AUDIT.formatted("return null;"),
              TRIGGER),
          row(
              "a rule that keeps rows out",
              "text",
              "x",
              List.of("DROP RULE nothing ON public.t"),
              table("v text"),
              "create rule nothing as on insert to t do instead nothing"));

  private static Case twice(String name, List<String> tells, String... ddl) {
    return rows(
        name, "text", List.of(new Object[] {1, "x"}, new Object[] {2, "x"}), tells, "", ddl);
  }

  /** The table that stands in the way is made anew, or its rows go. */
  private static final Set<String> TAKEN_BY_CLEAN =
      Set.of(
          "bool in timestamptz",
          "bool in an enum",
          "a unique constraint",
          "a unique index",
          "an exclusion",
          "a deferrable key");

  /** The row that is in the way makes room. */
  private static final Set<String> TAKEN_BY_UPSERT = Set.of("a unique constraint");

  static Stream<Arguments> ofSnapshots() {
    return Stream.of(SnapshotMode.values())
        .flatMap(
            mode ->
                Stream.concat(CASES.stream(), OF_SNAPSHOTS.stream())
                    .filter(one -> !one.rows().isEmpty())
                    .filter(one -> !taken(mode).contains(one.name()))
                    .map(one -> Arguments.of(mode, one)));
  }

  private static Set<String> taken(SnapshotMode mode) {
    return mode == SnapshotMode.CLEAN ? TAKEN_BY_CLEAN : TAKEN_BY_UPSERT;
  }

  @ParameterizedTest
  @MethodSource("ofSnapshots")
  void whatItSaysOfASnapshotMendsTheTable(SnapshotMode mode, Case one) {
    one.ddl().forEach(sql -> database.execute(sql));
    Throwable refused =
        catchThrowable(() -> Load.of(database.target(), one.wire(), mode, one.rows()));
    assertThat(refused).as("what is refused").isNotNull();
    String hint = hint(refused);
    assertThat(refused.getMessage() + "\n" + hint)
        .contains(one.tells())
        .doesNotContain(
            SECRET, "PostgreSQL's appendix", "skip_change", "_creek_snap_", "ALTER TABLE ...");
    if (refused instanceof DatabaseException) {
      assertThat(hint)
          .contains(
              "creek-consumer snapshot --mode %s 'source.app.t:public.t'".formatted(mode),
              "_creek_consumer\".snapshot('source.app.t:public.t', '%s');".formatted(mode));
    }
    statements(hint).forEach(sql -> database.execute(sql.replace("...", one.filled())));
    Load.of(database.target(), one.wire(), mode, one.rows());
    assertThat(held("t", one)).isEqualTo(String.valueOf(one.rows().size()));
  }

  /** How many of the rows are there. */
  private String held(String table, Case one) {
    String ids =
        one.rows().stream().map(row -> String.valueOf(row[0])).collect(Collectors.joining(", "));
    return database.value("select count(*) from %s where id in (%s)".formatted(table, ids));
  }

  /** As long as names may be, of several bytes a character, and with all that SQL minds. */
  private static final TargetTable STRANGE =
      new TargetTable("we.ird \"s\" \\", "t'\".\nü " + "表".repeat(18));

  private static final String STRANGE_SQL = SqlNames.quoted(STRANGE.namespace(), STRANGE.table());

  private static Case strange(String name, String value, List<String> tells, String... ddl) {
    return rows(
        name,
        "text",
        List.of(new Object[] {1, value}, new Object[] {2, value}),
        tells,
        SECRET,
        Stream.of(ddl).map(sql -> sql.replace("STRANGE", STRANGE_SQL)).toArray(String[]::new));
  }

  static final List<Case> OF_STRANGE_NAMES =
      List.of(
          strange(
              "a type",
              SECRET,
              List.of("ALTER COLUMN"),
              "create table STRANGE (id int primary key, v int)"),
          strange(
              "an enum",
              SECRET,
              List.of("ADD VALUE"),
              "create type \"e'\"\"n.um\" as enum ('fine')",
              "create table STRANGE (id int primary key, v \"e'\"\"n.um\")"),
          strange(
              "a unique constraint",
              "x",
              List.of("DROP CONSTRAINT"),
              "create table STRANGE (id int primary key, v text constraint \"o'n\"\"c.e\nü\" unique)"),
          strange(
              "a unique index",
              "x",
              List.of("DROP INDEX"),
              "create table STRANGE (id int primary key, v text)",
              "create unique index \"o'n\"\"c.e\nü\" on STRANGE (v)"),
          strange(
              "a check",
              SECRET,
              List.of("DROP CONSTRAINT"),
              "create table STRANGE (id int primary key, v text constraint \"c'\"\"h.k\" check (length(v) < 3))"),
          strange(
              "a domain",
              SECRET,
              List.of("ALTER DOMAIN"),
              "create domain \"d'\"\"o.m\" as text constraint \"c'\"\"h.k\" check (length(value) < 3)",
              "create table STRANGE (id int primary key, v \"d'\"\"o.m\")"),
          strange(
              "a partition",
              "x",
              List.of("PARTITION OF"),
              "create table STRANGE (id int primary key, v text) partition by range (id)"),
          strange(
              "a function",
              "x",
              List.of("search_path"),
              "create table STRANGE (id int primary key, v text)",
              "create table \"we.ird \"\"s\"\" \\\".audit (id int)",
              "create function \"we.ird \"\"s\"\" \\\".\"f'\"\"n\"() returns trigger language plpgsql as"
                  + " $$ begin insert into audit values (new.id); return new; end $$",
              "create trigger \"t'\"\"r\" before insert on STRANGE for each row execute function"
                  + " \"we.ird \"\"s\"\" \\\".\"f'\"\"n\"()"));

  /** How rows come. */
  enum Way {
    CHANGES,
    UPSERT,
    CLEAN
  }

  static Stream<Arguments> ofStrangeNames() {
    return Stream.of(Way.values())
        .flatMap(way -> OF_STRANGE_NAMES.stream().map(one -> Arguments.of(way, one)));
  }

  @ParameterizedTest
  @MethodSource("ofStrangeNames")
  void namesOfAnyKindAreWrittenAsSqlTakesThem(Way way, Case one) {
    database.execute("create schema " + SqlNames.quoted(STRANGE.namespace()));
    one.ddl().forEach(sql -> database.execute(sql));
    String hint = hint(catchThrowable(() -> write(way, one)));
    assertThat(hint).contains(one.tells()).doesNotContain(SECRET);
    statements(hint).forEach(sql -> database.execute(sql.replace("...", one.filled())));
    write(way, one);
    assertThat(held(STRANGE_SQL, one)).isEqualTo("2");
  }

  private void write(Way way, Case one) {
    if (way == Way.CHANGES) {
      database
          .line(one.wire(), STRANGE)
          .apply(one.changes().apply(one.wire()).toArray(WalBytes[]::new));
      return;
    }
    var load = new Load(database.target(), one.wire(), STRANGE);
    try {
      load.open(SnapshotMode.valueOf(way.name())).write(one.rows()).finish();
    } finally {
      load.close();
    }
  }

  @ParameterizedTest
  @EnumSource(SnapshotMode.class)
  void aRoleIsGrantedExactlyWhatASnapshotTakes(SnapshotMode mode) {
    database.execute(
        table("v text"),
        "revoke create on schema public from public",
        "revoke temporary on database \"%s\" from public".formatted(database.name()),
        "create role lacking login password 'secret'",
        "grant usage on schema _creek_consumer to lacking",
        "grant select, insert, update, delete on all tables in schema _creek_consumer to lacking",
        "grant update, delete on t to lacking");
    var few = database.connect(DatabaseOptions.of(database.uriAs("lacking", "secret")));
    try {
      List<Object[]> rows = List.<Object[]>of(new Object[] {1, "x"});
      String hint = hint(catchThrowable(() -> Load.of(few, keyed("text"), mode, rows)));
      assertThat(hint)
          .startsWith(
              mode == SnapshotMode.CLEAN
                  ? "GRANT SELECT, INSERT, TRUNCATE ON public.t TO lacking;"
                      + " GRANT CREATE ON SCHEMA public TO lacking;"
                  : "GRANT SELECT, INSERT, TRUNCATE ON public.t TO lacking;");
      statements(hint).forEach(sql -> database.execute(sql));
      Load.of(few, keyed("text"), mode, rows);
      assertThat(database.value("select v from t")).isEqualTo("x");
    } finally {
      await(few.close());
      database.execute("drop owned by lacking", "drop role lacking");
    }
  }

  @Test
  void aRoleIsGrantedExactlyWhatItLacks() {
    database.execute(
        table("v text"),
        "create role lacking login password 'secret'",
        "grant usage on schema _creek_consumer to lacking",
        "grant select, insert, update, delete on all tables in schema _creek_consumer to lacking",
        "grant select, update on t to lacking");
    var few = database.connect(DatabaseOptions.of(database.uriAs("lacking", "secret")));
    try {
      var wire = keyed("text");
      var line = new Line(few, wire);
      WalBytes row = wire.insert(TX, 1, "x");
      String hint = hint(catchThrowable(() -> line.apply(row)));
      assertThat(hint).isEqualTo("GRANT INSERT, DELETE, TRUNCATE ON public.t TO lacking;");
      statements(hint).forEach(sql -> database.execute(sql));
      line.restart();
      assertThat(line.apply(row)).isNotNull();
    } finally {
      await(few.close());
      database.execute("drop owned by lacking", "drop role lacking");
    }
  }

  @Test
  void theSourcesOwnKeyIsNotToBeDropped() {
    database.execute(
        "create table t (id int primary key, k int not null unique, v text)",
        "insert into t values (1, 9, 'others wrote this')");
    var wire =
        TableWire.of("app", "t")
            .column("id", "int4")
            .column("k", "int4", TableWire.Flag.INDEX)
            .column("v", "text")
            .identity(TableWire.Identity.INDEX);
    var line = database.line(wire);
    String hint = hint(catchThrowable(() -> line.apply(wire.insert(TX, 1, 2, "x"))));
    assertThat(hint)
        .startsWith("creek-consumer resync 'source.app.t:public.t'")
        .contains(
            "_creek_consumer\".resync('source.app.t:public.t')",
            "only where the source has no such primary key",
            "DROP CONSTRAINT t_pkey");
  }

  private static String hint(Throwable refused) {
    return refused instanceof ShapeMismatchException mismatch
        ? mismatch.hint()
        : String.valueOf(((DatabaseException) refused).hint());
  }

  /** What stands before the first alternative. */
  private static List<String> statements(String hint) {
    var statements = new ArrayList<String>();
    String first = Arrays.stream(hint.split("\\b[Oo]r\\b[:, ]")).findFirst().orElseThrow();
    var found = STATEMENT.matcher(first);
    while (found.find()) {
      statements.add(found.group());
    }
    assertThat(statements).as(hint).isNotEmpty();
    return statements;
  }
}
