package dev.creek.consumer.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class TableComparisonIT {

  @RegisterExtension
  static final PostgresExtension older =
      PostgresExtension.own(PostgresServer.builder().version(13));

  @RegisterExtension
  static final PostgresExtension newer =
      PostgresExtension.own(PostgresServer.builder().version(18));

  private final PostgresDatabase source = older.freshDatabase();
  private final PostgresDatabase target = newer.freshDatabase();

  @Test
  void findsEqualWhatTwoVersionsHoldInOtherOrderAndOtherTypes() {
    source.execute(
        "create type mood as enum ('calm', 'wild')",
        """
        create table t (id int primary key, m mood, n numeric(10,2), f float8, at timestamptz,
          tags text[], j json, twice int generated always as (id * 2) stored)""",
        """
        insert into t values
          (1, 'calm', 1.10, 0.1, '2024-02-29 12:00+02', '{a,"b c",null}', '{"b": 1, "a": [1]}'),
          (2, null, null, 'NaN', 'infinity', '{}', null)""");
    target.execute(
        "alter database %s set timezone = 'Asia/Tokyo'".formatted(target.name()),
        "alter database %s set datestyle = 'German'".formatted(target.name()),
        """
        create table t (extra int, j jsonb, tags text[], at timestamptz, f float8, n numeric,
          m text, id bigint)""",
        """
        insert into t values
          (7, null, '{}', 'infinity', 'NaN', null, null, 2),
          (null, '{"a": [1], "b": 1}', '{a,"b c",null}', '2024-02-29 10:00Z', 0.1, 1.10, 'calm', 1)
        """);

    assertThat(compared("public.t").differences()).isEmpty();
    assertThat(compared("public.t").targetRows()).isEqualTo(2);
  }

  @Test
  void namesMissingSurplusAndDifferentRowsByKey() {
    String table = "create table t (a int, b text, v text, primary key (a, b))";
    source.execute(table, "insert into t values (1, 'x', 'old'), (2, 'é', null), (3, 'z', 'same')");
    target.execute(table, "insert into t values (1, 'x', 'new'), (3, 'z', 'same'), (4, 'q', '')");

    ComparedTable result = compared("public.t");

    assertThat(result.equal()).isFalse();
    assertThat(result.differences())
        .containsExactly(
            "a, b (1,x): v is old at the source, new at the target",
            "a, b (2,é) is missing at the target",
            "a, b (4,q) is only at the target");
    assertThat(result)
        .hasToString(
            """
        public.t: 3 differences (3 rows at the source, 3 at the target)
          a, b (1,x): v is old at the source, new at the target
          a, b (2,é) is missing at the target
          a, b (4,q) is only at the target""");
  }

  @Test
  void tellsNullFromTheEmptyText() {
    String table = "create table t (id int primary key, v text)";
    source.execute(table, "insert into t values (1, '')");
    target.execute(table, "insert into t values (1, null)");

    assertThat(compared("public.t").differences())
        .containsExactly("id (1): v is  at the source, null at the target");
  }

  @Test
  void countsDuplicatesOfTablesWithoutAKey() {
    String table = "create table t (v text, w int)";
    source.execute(table, "insert into t values ('a', null), ('a', null), ('b', 1)");
    target.execute(table, "insert into t values ('b', 1), ('a', null), ('b', 1)");

    assertThat(compared("public.t").differences())
        .containsExactly("row (a,) is missing at the target", "row (b,1) is only at the target");
  }

  @Test
  void missesAColumn() {
    source.execute("create table t (id int primary key, v text)");
    target.execute("create table t (id int primary key)");

    assertThat(compared("public.t").differences()).containsExactly("the target has no column v");
  }

  @Test
  void countsAllDifferencesAndTellsTheFirst() {
    source.execute(
        "create schema \"A b\"",
        "create table \"A b\".\"T'\" as select n as \"N n\" from generate_series(1, 5000) n");
    target.execute("create table t (\"N n\" int)");

    ComparedTable result =
        TableComparison.of(source, target).table("\"A b\".\"T'\"", "public.t").run().get(0);

    assertThat(result.differing()).isEqualTo(5000);
    assertThat(result.differences()).hasSize(10);
    assertThat(result.toString()).endsWith("and 4990 more");
  }

  @Test
  void waitsAsLongAsTheTargetMoves() throws Exception {
    String table = "create table t (id int primary key)";
    source.execute(table, "insert into t select * from generate_series(1, 5)");
    target.execute(table);
    Thread applier =
        new Thread(
            () -> {
              for (int id = 1; id <= 5; id++) {
                target.execute("select pg_sleep(0.3)", "insert into t values (" + id + ")");
              }
            });
    applier.start();

    TableComparison compared = TableComparison.of(source, target).tables(List.of("public.t"));
    compared.awaitEqual(Duration.ofSeconds(30));

    applier.join();
    assertThat(TableComparison.allEqual(compared.run())).isTrue();
  }

  @Test
  void givesUpOnATargetThatStandsStill() {
    String table = "create table t (id int primary key)";
    source.execute(table, "insert into t values (1)");
    target.execute(table);

    TableComparison compared = TableComparison.of(source, target).tables(List.of("public.t"));

    assertThat(TableComparison.allEqual(compared.awaitSettled(Duration.ofMillis(100)))).isFalse();
    assertThatThrownBy(() -> compared.awaitEqual(Duration.ofMillis(100)))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("public.t");
  }

  private ComparedTable compared(String table) {
    return TableComparison.of(source, target).tables(List.of(table)).run().get(0);
  }
}
