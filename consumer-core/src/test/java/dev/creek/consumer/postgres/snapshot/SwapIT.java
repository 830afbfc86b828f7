package dev.creek.consumer.postgres.snapshot;

import static dev.creek.consumer.postgres.Load.row;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.postgres.CatalogPicture;
import dev.creek.consumer.postgres.Load;
import dev.creek.consumer.postgres.PostgresVersions;
import dev.creek.consumer.testing.TableWire;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A table that is replaced by another one is the same table to everybody else. */
final class SwapIT {
  @RegisterExtension static final PostgresVersions postgres = new PostgresVersions();

  private static final TableWire ORDERS =
      TableWire.of("app", "Orders")
          .column("id", "int8", KEY)
          .column("code", "text")
          .column("serial", "int4")
          .column("always", "int4")
          .column("amount", "numeric(10,2)")
          .column("note", "text")
          .column("tags", "text[]")
          .column("during", "text");

  @ParameterizedTest
  @ValueSource(ints = {13, 15, 18})
  void carriesOverAllThatIsTheTablesOwn(int version) {
    var database = postgres.database(version);
    database.execute(EVERYTHING);
    var before = CatalogPicture.of(database, "\"Orders\"");
    var target = postgres.connect(database);
    var id = database.value("select '\"Orders\"'::regclass::oid");
    Load.of(
        target,
        ORDERS,
        SnapshotMode.CLEAN,
        List.of(
            row(7, "seven", 70, 700, "7.70", "seventh", List.of("a", "b"), "[1,5)"),
            row(8, "eight", 80, 800, "8.80", "eighth", List.of(), null)));
    assertThat(database.value("select '\"Orders\"'::regclass::oid")).isNotEqualTo(id);
    assertThat(CatalogPicture.of(database, "\"Orders\"")).isEqualTo(before);
    assertThat(database.query("select * from \"Orders\" order by id"))
        .containsExactly(
            List.of("7", "seven", "70", "700", "7.70", "seventh", "{a,b}", "[1,5)", "15.40"),
            Arrays.asList("8", "eight", "80", "800", "8.80", "eighth", "{}", null, "17.60"));
    database.execute("insert into \"Orders\" (id, code) values (9, 'nine')");
    assertThat(database.query("select serial, \"always\", amount from \"Orders\" where id = 9"))
        .containsExactly(List.of("3", "110", "1.50"));
  }

  private static final String[] EVERYTHING = {
    "alter default privileges in schema public grant all on tables to reader",
    "alter default privileges in schema public grant all on sequences to reader",
    """
    create table "Orders" (
        gone   int,
        id     bigint,
        code   text collate "C" not null,
        serial serial,
        always int generated always as identity (start 100 increment 5),
        amount numeric(10, 2) default 1.5,
        note   text default 'x',
        tags   text[],
        during int4range,
        double numeric generated always as (amount * 2) stored,
        constraint "Orders' key" primary key (id) include (note) with (fillfactor = 80),
        constraint code_key unique (code) deferrable initially deferred,
        constraint apart exclude using gist (during with &&) with (fillfactor = 70),
        constraint positive check (amount > -1000000),
        constraint short check (length(note) < 100) no inherit
    ) with (fillfactor = 75, autovacuum_enabled = false, toast.autovacuum_enabled = false)
    """,
    "alter table \"Orders\" drop column gone",
    "alter table \"Orders\" add constraint later check (note <> 'old') not valid",
    "alter table \"Orders\" owner to keeper",
    "create unique index \"Upper code\" on \"Orders\" (upper(code), id desc nulls last)"
        + " where note is not null",
    "alter index \"Upper code\" alter column 1 set statistics 321",
    "create index on \"Orders\" using gin (tags) with (fastupdate = off)",
    "create index \"USING x\" on \"Orders\" (amount) include (note)",
    "create unique index identity on \"Orders\" (serial)",
    "alter table \"Orders\" replica identity using index identity",
    "alter table \"Orders\" cluster on \"USING x\"",
    "create statistics \"Stats from\" (dependencies, ndistinct) on amount, note from \"Orders\"",
    "alter statistics \"Stats from\" owner to keeper",
    "alter statistics \"Stats from\" set statistics 77",
    "alter table \"Orders\" alter note set storage external, alter amount set statistics 500,"
        + " alter code set (n_distinct = -0.5)",
    "alter table \"Orders\" enable row level security",
    "alter table \"Orders\" force row level security",
    "comment on table \"Orders\" is 'the \"orders\"'' table'",
    "comment on column \"Orders\".code is 'its code'",
    "comment on constraint code_key on \"Orders\" is 'unique'",
    "comment on constraint short on \"Orders\" is 'shortly'",
    "comment on constraint apart on \"Orders\" is 'never together'",
    "comment on index code_key is 'index of the constraint'",
    "comment on index \"Upper code\" is 'index alone'",
    "comment on statistics \"Stats from\" is 'correlated'",
    "comment on sequence \"Orders_always_seq\" is 'counts'",
    "revoke all on \"Orders\" from reader, keeper",
    "grant select, insert, update on \"Orders\" to keeper",
    "grant select, references on \"Orders\" to reader with grant option",
    "grant insert on \"Orders\" to public",
    "grant update (note), select (code) on \"Orders\" to writer with grant option",
    "revoke all on sequence \"Orders_always_seq\" from reader",
    "grant usage on sequence \"Orders_always_seq\" to writer",
    "insert into \"Orders\" (id, code) values (1, 'one'), (2, 'two')"
  };
}
