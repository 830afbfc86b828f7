package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableComparison;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.TestProducer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A source whose columns, types and key change while its table is followed: each policy's way. */
final class SchemaPoliciesIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final String CONTROL = "_creek_consumer";

  @RegisterExtension static final WholePath path = WholePath.shared();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private TestProducer producer;

  private void follow(Generation generation, SchemaPolicy policy, String... schema) {
    followAt(target.patientUri(), generation, policy, schema);
  }

  private void followAt(String uri, Generation generation, SchemaPolicy policy, String... schema) {
    source.execute(schema);
    target.execute(schema);
    producer = path.produce(generation);
    DatabaseOptions database = DatabaseOptions.builder(uri, Map.of()).schemaChanges(policy).build();
    path.consumer(path.options(database)).tables().add(table()).block(PATIENCE);
    path.run();
  }

  private Mapping table() {
    return path.mapping("t");
  }

  private void awaitEqual() {
    producer.awaitCaughtUp(PATIENCE);
    TableComparison.of(source, target).table("public.t", "public.t").awaitEqual(PATIENCE);
  }

  private String stored(String column) {
    return target.value("select " + column + " from " + CONTROL + ".subscriptions");
  }

  private String awaitFailed(String about) {
    await()
        .atMost(PATIENCE)
        .until(() -> "failed".equals(stored("state")) && stored("reason").contains(about));
    return stored("hint");
  }

  private void awaitStreaming() {
    await().atMost(PATIENCE).until(() -> "streaming".equals(stored("state")));
  }

  private String columns() {
    return target.value(
        "select string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' order by attname)"
            + " from pg_attribute"
            + " where attrelid = 'public.t'::regclass and attnum > 0 and not attisdropped");
  }

  private List<List<String>> marks() {
    return target.query("select cause, detail from " + CONTROL + ".incompleteness order by 1, 2");
  }

  private static void inOneTransaction(PostgresDatabase database, String... statements)
      throws SQLException {
    try (Connection session = database.connect();
        Statement statement = session.createStatement()) {
      session.setAutoCommit(false);
      for (String sql : statements) {
        statement.execute(sql);
      }
      session.commit();
    }
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void addFollowsNewColumnsAndWiderTypesAtTheirPlace(Generation generation) throws SQLException {
    follow(
        generation,
        SchemaPolicy.ADD,
        "create table t (id int primary key, n int, f real, p numeric(8,2), d date)");
    source.execute("insert into t values (1, 1, 1.5, 1.25, '2024-01-01')");
    awaitEqual();
    inOneTransaction(
        source,
        "insert into t values (2, 2, 2.5, 2.25, '2024-01-02')",
        "alter table t add column \"select\" text",
        "insert into t values (3, 3, 3.5, 3.25, '2024-01-03', 'x')",
        "alter table t alter n type bigint",
        "insert into t values (4, 5000000000, 4.5, 4.25, '2024-01-04', 'y')");
    awaitEqual();
    source.execute(
        "alter table t alter f type double precision, alter p type numeric(12,4),"
            + " alter d type timestamp",
        "update t set f = 0.1, p = 12345678.1234, d = '2024-01-01 12:34:56.789' where id = 1");
    awaitEqual();
    assertThat(columns())
        .isEqualTo(
            "d timestamp without time zone, f double precision, id integer, n bigint,"
                + " p numeric(12,4), select text");
    awaitStreaming();
    assertThat(marks()).contains(List.of("column", "select"));
    inOneTransaction(
        source,
        "truncate t",
        "alter table t add column b boolean",
        "insert into t values (9, 9, 9, 9, '2024-01-09', 'z', true)");
    awaitEqual();
    source.execute(
        "alter table t drop column n", "insert into t values (10, 1, 1, null, 'q', false)");
    producer.awaitCaughtUp(PATIENCE);
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(target.query("select id, n, \"select\" from t order by 1"))
                    .containsExactly(List.of("9", "9", "z"), Arrays.asList("10", null, "q")));
    awaitStreaming();
  }

  @Test
  void addWidensWhatTheWireDoesNotShowAtTheFirstValueThatDoesNotFit() {
    follow(
        Generation.NEW,
        SchemaPolicy.ADD,
        "create table t (id int primary key, s smallint, v varchar(3), c char(2), ts timestamp(0))");
    source.execute("insert into t values (1, 1, 'abc', 'ab', '2024-01-01 00:00:00')");
    awaitEqual();
    source.execute(
        "alter table t alter s type int, alter v type varchar(20), alter c type char(10),"
            + " alter ts type timestamp",
        "insert into t values (2, 100000, 'abcdefgh', 'abcdefghij', '2024-01-01 00:00:00.5')",
        "update t set c = c");
    awaitEqual();
    assertThat(columns())
        .isEqualTo(
            "c bpchar, id integer, s integer, ts timestamp without time zone,"
                + " v character varying");
    awaitStreaming();
    source.execute(
        "alter table t alter s type text", "insert into t values (3, 'many', 'x', 'x', now())");
    awaitEqual();
    awaitStreaming();
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void stopNamesTheStatementsAndGoesOnAfterThem(Generation generation) {
    follow(generation, SchemaPolicy.STOP, "create table t (id int primary key, n int, v text)");
    source.execute(
        "insert into t values (1, 1, 'a')",
        "alter table t add column b int, alter n type bigint",
        "insert into t values (2, 5000000000, 'b', 2)");
    String hint = awaitFailed("column \"b\" is missing");
    assertThat(hint.lines())
        .containsExactly(
            "ALTER TABLE \"public\".\"t\" ALTER COLUMN \"n\" TYPE int8;",
            "ALTER TABLE \"public\".\"t\" ADD COLUMN \"b\" int4;");
    target.execute(hint);
    awaitEqual();
    source.execute("alter table t drop column v", "insert into t values (3, 3, 3)");
    String gone = awaitFailed("column \"v\" is gone from the source");
    assertThat(gone.lines())
        .containsExactly(
            "select \"_creek_consumer\".set_schema_changes('public.t', 'add');"
                + " -- to keep what is gone from the source; or, to drop it:",
            "ALTER TABLE \"public\".\"t\" DROP COLUMN \"v\";");
    target.execute("alter table t drop column v");
    awaitEqual();
    awaitStreaming();
  }

  @Test
  void anotherPolicyTakesEffectWhileTheTableIsStopped() {
    follow(Generation.NEW, SchemaPolicy.STOP, "create table t (id int primary key, v text)");
    source.execute("alter table t add column b int", "insert into t values (1, 'a', 1)");
    awaitFailed("column \"b\" is missing");
    target.execute("select " + CONTROL + ".set_schema_changes('public.t', 'add')");
    awaitEqual();
    awaitStreaming();
    target.execute("select " + CONTROL + ".set_schema_changes('public.t', 'stop')");
    source.execute("alter table t drop column v", "insert into t values (2, 2)");
    awaitFailed("column \"v\" is gone");
    target.execute("select " + CONTROL + ".set_schema_changes('public.t', 'ignore')");
    producer.awaitCaughtUp(PATIENCE);
    await().atMost(PATIENCE).until(() -> "2".equals(target.value("select count(*) from t")));
    awaitStreaming();
  }

  /** No change has the new columns yet: only the snapshot's rows do. */
  @ParameterizedTest
  @EnumSource(Generation.class)
  void addAltersTheTableBeforeTheFirstRowOfAnUpsertedSnapshot(Generation generation) {
    follow(generation, SchemaPolicy.STOP, "create table t (id int primary key, n int)");
    source.execute("insert into t values (1, 1), (2, 2)");
    awaitEqual();
    target.execute("select " + CONTROL + ".set_schema_changes('public.t', 'add')");
    source.execute("alter table t add column b int default 7, alter n type bigint");
    path.consumer(path.options())
        .snapshots()
        .take(table(), SnapshotMode.UPSERT)
        .blockLast(PATIENCE);
    awaitEqual();
    assertThat(columns()).isEqualTo("b integer, id integer, n bigint");
    assertThat(marks()).doesNotContain(List.of("column", "b"));
    source.execute("insert into t values (3, 5000000000, 3)", "update t set n = 9 where id = 1");
    awaitEqual();
    awaitStreaming();
    assertThat(marks()).doesNotContain(List.of("column", "b"));
  }

  @Test
  void aPolicyThatComesWithTheTableCountsFromItsFirstChangeOn() {
    String create = "create table t (id int primary key)";
    source.execute(create);
    target.execute(create);
    producer = path.produce(Generation.NEW);
    path.consumer(path.options());
    path.run();
    String function = CONTROL + ".add_table(text, text, text, text)";
    await()
        .atMost(PATIENCE)
        .until(() -> target.value("select to_regprocedure('" + function + "')") != null);
    source.execute("alter table t add column b int", "insert into t values (1, 1)");
    target.execute("select %s.add_table('%s', null, null, 'add')".formatted(CONTROL, table()));
    awaitEqual();
    awaitStreaming();
    assertThat(stored("schema_changes")).isEqualTo("add");
  }

  @ParameterizedTest
  @EnumSource(SchemaPolicy.class)
  void aRenameStopsWhateverThePolicyAndBothWaysLeadOn(SchemaPolicy policy) {
    follow(Generation.OLD, policy, "create table t (id int primary key, a text, n int)");
    source.execute("insert into t values (1, 'x', 1)");
    awaitEqual();
    source.execute("alter table t rename column a to b", "insert into t values (2, 'y', 2)");
    String renamed = awaitFailed("it looks like a rename");
    target.execute(renamed.lines().findFirst().orElseThrow());
    awaitEqual();
    assertThat(target.value("select string_agg(b, ',' order by id) from t")).isEqualTo("x,y");
    awaitStreaming();
    if (policy == SchemaPolicy.ADD) {
      source.execute(
          "alter table t drop column n, add column m int", "insert into t values (3, 'z', 3)");
      String two = awaitFailed("it looks like a rename");
      target.execute(two.lines().skip(1).findFirst().orElseThrow());
      producer.awaitCaughtUp(PATIENCE);
      await()
          .atMost(PATIENCE)
          .until(() -> !target.query("select from t where id = 3 and m = 3").isEmpty());
      assertThat(target.value("select n from t where id = 1")).isEqualTo("1");
      awaitStreaming();
    }
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void followAltersTheKeyDropsNotNullAndAddsLabels(Generation generation) throws SQLException {
    String[] schema = {
      "create type mood as enum ('sad', 'ok')",
      "create table t (id int primary key, k int not null, v text not null, m mood)"
    };
    follow(generation, SchemaPolicy.FOLLOW, schema);
    source.execute("insert into t values (1, 1, 'a', 'ok')");
    awaitEqual();
    inOneTransaction(
        source,
        "update t set v = 'b' where id = 1",
        "alter table t drop constraint t_pkey, add primary key (id, k)",
        "insert into t values (1, 2, 'c', 'sad')",
        "update t set v = 'd' where id = 1 and k = 1");
    awaitEqual();
    source.execute("alter type mood add value 'it''s \"fine\"'");
    source.execute("insert into t values (2, 1, 'e', 'it''s \"fine\"')");
    awaitEqual();
    awaitStreaming();
    source.execute("alter table t drop column v", "insert into t values (3, 1, 'ok')");
    producer.awaitCaughtUp(PATIENCE);
    await()
        .atMost(PATIENCE)
        .until(() -> "ok".equals(target.value("select max(m::text) from t where id = 3")));
    assertThat(target.value("select v from t where id = 3")).isNull();
    awaitStreaming();
  }

  @Test
  void followStopsWhereTheRowsDoNotAllowTheKey() {
    follow(
        Generation.NEW,
        SchemaPolicy.FOLLOW,
        "create table t (id int, k int, v text, primary key (id, k))");
    source.execute("insert into t values (1, 1, 'a'), (1, 2, 'b')");
    awaitEqual();
    source.execute(
        "delete from t where k = 2", "alter table t drop constraint t_pkey, add primary key (id)");
    producer.awaitCaughtUp(PATIENCE);
    awaitEqual();
    target.execute("insert into t values (1, 7, 'theirs')");
    source.execute("insert into t values (2, 1, 'c')");
    assertThat(awaitFailed("the target refused to be altered"))
        .isEqualTo(
            "ALTER TABLE \"public\".\"t\" DROP CONSTRAINT \"t_pkey\", ADD PRIMARY KEY (\"id\");");
    target.execute("delete from t where k = 7");
    awaitEqual();
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void ignoreLeavesNewColumnsOutAndGoesOnWhileValuesFit(Generation generation) {
    follow(
        generation,
        SchemaPolicy.IGNORE,
        "create table t (id int primary key, n numeric(6,2), d date, f real)");
    source.execute(
        "insert into t values (1, 1.25, '2024-01-01', 1.5)",
        "alter table t add column x text, alter n type numeric(10,4), alter d type timestamp,"
            + " alter f type double precision",
        "insert into t values (2, 2.25, '2024-01-02', 2.5, 'left out')",
        "update t set n = 3.5 where id = 1");
    producer.awaitCaughtUp(PATIENCE);
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(target.query("select * from t order by id"))
                    .containsExactly(
                        List.of("1", "3.50", "2024-01-01", "1.5"),
                        List.of("2", "2.25", "2024-01-02", "2.5")));
    awaitStreaming();
    source.execute("insert into t values (3, 1.2345, '2024-01-03', 1, 'y')");
    assertThat(awaitFailed("column \"n\" of \"public\".\"t\" is numeric(6,2)"))
        .startsWith("ALTER TABLE \"public\".\"t\" ALTER COLUMN \"n\" TYPE numeric(10,4);");
  }

  @Test
  void aNarrowerTypeStopsAddAndFollow() {
    follow(
        Generation.NEW,
        SchemaPolicy.FOLLOW,
        "create table t (id int primary key, n numeric(10,4))");
    source.execute(
        "insert into t values (1, 1)",
        "alter table t alter n type double precision",
        "insert into t values (2, 2)");
    assertThat(awaitFailed("column \"n\" is numeric(10,4)"))
        .isEqualTo("ALTER TABLE \"public\".\"t\" ALTER COLUMN \"n\" TYPE float8;");
    target.execute("select " + CONTROL + ".set_schema_changes('public.t', 'ignore')");
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(target.query("select id, n::int from t order by id"))
                    .containsExactly(List.of("1", "1"), List.of("2", "2")));
  }

  @Test
  void aRoleThatMayNotAlterStopsWithTheStatementForAnAdministrator() {
    String role = "writer_" + target.name();
    source.execute("create table t (id int primary key, v text)");
    target.execute(
        "create table t (id int primary key, v text)",
        "create role " + role + " login password 'secret'",
        "grant create on database " + target.name() + " to " + role,
        "grant select, insert, update, delete, truncate on t to " + role);
    String uri = target.patientUri().replaceFirst("://[^@]*@", "://" + role + ":secret@");
    followAt(uri, Generation.NEW, SchemaPolicy.FOLLOW);
    source.execute("alter table t add column b int", "insert into t values (1, 'a', 1)");
    String hint = awaitFailed("must be owner of table t");
    assertThat(hint).isEqualTo("ALTER TABLE \"public\".\"t\" ADD COLUMN \"b\" int4;");
    target.execute(hint);
    awaitEqual();
  }

  @Test
  void aLongReaderIsWaitedForWithoutHoldingUpOthers() throws SQLException {
    follow(Generation.NEW, SchemaPolicy.ADD, "create table t (id int primary key, v text)");
    source.execute("insert into t values (1, 'a')");
    awaitEqual();
    try (Connection reader = target.connect();
        Statement statement = reader.createStatement()) {
      reader.setAutoCommit(false);
      statement.executeQuery("select * from t").close();
      source.execute("alter table t add column b int", "insert into t values (2, 'b', 2)");
      await()
          .atMost(PATIENCE)
          .until(() -> "waiting".equals(stored("state")) && stored("reason").contains("55P03"));
      // Whoever comes meanwhile waits for a moment only.
      assertThat(target.value("select count(*) from t")).isEqualTo("1");
      reader.commit();
    }
    awaitEqual();
    awaitStreaming();
  }

  private void follow(SchemaPolicy policy, List<String> tables) {
    for (String table : tables) {
      String create = "create table %s (id int primary key, n int)".formatted(table);
      source.execute(create);
      target.execute(create);
    }
    producer = path.produce(Generation.NEW);
    DatabaseOptions database =
        DatabaseOptions.builder(target.patientUri(), Map.of()).schemaChanges(policy).build();
    // Long enough for the rest of a transaction on a machine that has much else to do.
    CreekConsumer consumer =
        path.consumer(
            path.options(database).grouping(Grouping.DATABASE).linger(Duration.ofSeconds(1)));
    tables.forEach(table -> consumer.tables().add(path.mapping(table)).block(PATIENCE));
    path.run();
  }

  private void awaitEqual(List<String> tables) {
    producer.awaitCaughtUp(PATIENCE);
    for (String table : tables) {
      TableComparison.of(source, target)
          .table("public." + table, "public." + table)
          .awaitEqual(PATIENCE);
    }
  }

  private String ofTable(String table, String column) {
    return target.value(
        "select %s from %s.subscriptions where target = 'public.%s'"
            .formatted(column, CONTROL, table));
  }

  @Test
  void aMemberOfAGroupIsAlteredInItsTransaction() throws SQLException {
    var tables = List.of("t", "u");
    follow(SchemaPolicy.FOLLOW, tables);
    inOneTransaction(source, "insert into t values (1, 1)", "insert into u values (1, 1)");
    awaitEqual(tables);
    await()
        .atMost(PATIENCE)
        .until(() -> "t".equals(ofTable("t", "member")) && "t".equals(ofTable("u", "member")));
    target.execute(
        "create table written (id xid8)",
        "create function writes() returns trigger language plpgsql as"
            + " 'begin insert into public.written values (pg_current_xact_id()); return null; end'");
    for (String table : tables) {
      target.execute(
          "create trigger writes after insert on %s for each statement execute function writes()"
              .formatted(table));
    }
    inOneTransaction(
        source,
        "insert into u values (2, 2)",
        "insert into t values (2, 2)",
        "alter table t add column b int",
        "insert into t values (3, 3, 3)",
        "alter table t alter n type bigint",
        "insert into t values (4, 5000000000, 4)",
        "insert into u values (3, 3)");
    awaitEqual(tables);
    assertThat(target.query("select distinct id from written")).hasSize(1);
    assertThat(ofTable("t", "state")).isEqualTo("streaming");
  }

  @Test
  void aMemberThatStopsLeavesTheOthersGoingAndComesBack() {
    var tables = List.of("t", "u");
    follow(SchemaPolicy.STOP, tables);
    source.execute(
        "insert into t values (1, 1)",
        "insert into u values (1, 1)",
        "alter table t add column b int",
        "insert into t values (2, 2, 2)",
        "insert into u values (2, 2)");
    producer.awaitCaughtUp(PATIENCE);
    await().atMost(PATIENCE).until(() -> "failed".equals(ofTable("t", "state")));
    await().atMost(PATIENCE).until(() -> "2".equals(target.value("select count(*) from u")));
    assertThat(ofTable("t", "hint"))
        .isEqualTo("ALTER TABLE \"public\".\"t\" ADD COLUMN \"b\" int4;");
    target.execute("select " + CONTROL + ".set_schema_changes('public.t', 'add')");
    awaitEqual(tables);
    await().atMost(PATIENCE).until(() -> "t".equals(ofTable("t", "member")));
  }
}
