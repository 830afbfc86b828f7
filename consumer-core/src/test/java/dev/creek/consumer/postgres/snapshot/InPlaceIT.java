package dev.creek.consumer.postgres.snapshot;

import static dev.creek.consumer.postgres.Load.row;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.postgres.CatalogPicture;
import dev.creek.consumer.postgres.Load;
import dev.creek.consumer.postgres.PostgresVersions;
import dev.creek.consumer.testing.TableWire;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A table on which others depend stays, and comes to hold what the snapshot holds. */
final class InPlaceIT {
  private static final TableWire ITEMS =
      TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");

  @RegisterExtension static final PostgresVersions postgres = new PostgresVersions();

  private static final String FILL = "insert into items values (1, 'a'), (2, 'b'), (4, 'd')";

  /** What can depend on a table, by what a swap would say of it. */
  static Stream<Arguments> dependents() {
    return Stream.of(
            List.of("view", "create view w as select * from items"),
            List.of("materialized view", "create materialized view w as select * from items"),
            List.of(
                "trigger",
                "create function f() returns trigger language plpgsql as 'begin return new; end'",
                "create trigger g before insert or update on items for each row execute function f()"),
            List.of("policy", "create policy p on items using (true)"),
            List.of("publication", "create publication p for table items"),
            List.of("publication of all", "create publication p for all tables"),
            List.of("foreign key to it", "create table k (id int references items)"),
            List.of(
                "foreign key of it",
                "create table k (v text primary key)",
                "insert into k values ('a'), ('b'), ('B'), ('c'), ('d')",
                "alter table items add foreign key (v) references k"),
            List.of(
                "row type of a function",
                "create function f(items) returns int language sql as 'select 1'"),
            List.of("row type of a column", "create table k (i items)"),
            List.of("array of row type", "create table k (i items[])"),
            List.of("child", "create table k () inherits (items)"),
            List.of("parent", "create table k (v text)", "alter table items inherit k"),
            List.of("extra column", "alter table items add more int default 5"),
            List.of(
                "identity sequence",
                "alter table items alter id add generated always as identity",
                "create table k (n int default nextval('items_id_seq'))"),
            List.of(
                "extension", "create extension citext", "alter extension citext add table items"),
            List.of(
                "type",
                "drop table items",
                "create type k as (id int, v text)",
                "create table items of k (primary key (id))",
                FILL),
            List.of(
                "partitions",
                "drop table items",
                "create table items (id int primary key, v text) partition by range (id)",
                "create table low partition of items for values from (0) to (3)",
                "create table high partition of items for values from (3) to (9)",
                FILL),
            List.of(
                "partitioned table",
                "drop table items",
                "create table k (id int primary key, v text) partition by range (id)",
                "create table items partition of k for values from (0) to (9)",
                FILL),
            List.of(
                "event trigger",
                """
                create function f() returns event_trigger language plpgsql as $$
                begin
                    if exists (select from pg_event_trigger_dropped_objects()
                               where object_name = 'items') then
                        raise 'it must not be dropped';
                    end if;
                end $$""",
                "create event trigger e on sql_drop execute function f()"),
            List.of(
                "grantor",
                "grant select on items to keeper with grant option",
                "set role keeper; grant select on items to reader"))
        .flatMap(
            list ->
                Stream.of(13, 15, 18)
                    .map(v -> Arguments.of(list.get(0), v, list.subList(1, list.size()))));
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("dependents")
  void whatDependsOnTheTableStays(String what, int version, List<String> dependent) {
    var database = postgres.database(version);
    database.execute("create table items (id int primary key, v text)", FILL);
    database.execute(dependent.toArray(String[]::new));
    var before = CatalogPicture.of(database, "items");
    var id = database.value("select 'items'::regclass::oid");
    var load =
        Load.of(
            postgres.connect(database),
            ITEMS,
            SnapshotMode.CLEAN,
            List.of(row(2, "B"), row(3, "c"), row(4, "d")));
    assertThat(database.value("select 'items'::regclass::oid")).isEqualTo(id);
    assertThat(CatalogPicture.of(database, "items")).isEqualTo(before);
    assertThat(database.value("select string_agg(id || v, ' ' order by id) from items"))
        .isEqualTo("2B 3c 4d");
    assertThat(load.stored()).isEqualTo(Load.RESUME);
    assertThat(
            database.value("select count(*) from pg_class where relname like '\\_creek\\_snap%'"))
        .isEqualTo("0");
  }
}
