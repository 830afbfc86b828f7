package dev.creek.consumer.postgres.snapshot;

import static dev.creek.consumer.postgres.Load.row;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.postgres.Load;
import dev.creek.consumer.postgres.PostgresVersions;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Identity;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an update in place does to rows, and to those who watch or refer to them. */
final class InPlaceRowsIT {
  private static final TableWire ITEMS =
      TableWire.of("app", "items")
          .column("id", "int4", KEY)
          .column("code", "text")
          .column("n", "numeric(10,2)");

  @RegisterExtension static final PostgresVersions postgres = new PostgresVersions();

  private static void clean(PostgresDatabase database, TableWire wire, List<Object[]> rows) {
    Load.of(postgres.connect(database), wire, SnapshotMode.CLEAN, rows);
  }

  private static void clean(PostgresDatabase database, Object[]... rows) {
    clean(database, ITEMS, List.of(rows));
  }

  private static String rows(PostgresDatabase database) {
    return database.value("select string_agg(i::text, ' ' order by i::text) from items i");
  }

  @ParameterizedTest
  @ValueSource(ints = {13, 18})
  void touchesOnlyRowsThatDiffer(int version) {
    var database = postgres.database(version);
    database.execute(
        "create table items (id int primary key, code text, n numeric)",
        "insert into items values (1, 'gone', 1), (2, 'same', 2.00), (3, 'old', 3.00),"
            + " (4, 'scale', 4.0), (5, null, null)",
        "create table seen (op text, id int)",
        """
        create function note() returns trigger language plpgsql as $$
        begin
            insert into public.seen values (tg_op, coalesce(new.id, old.id));
            return null;
        end $$""",
        "create trigger t after insert or update or delete on items"
            + " for each row execute function note()");
    clean(
        database,
        row(2, "same", "2.00"),
        row(3, "new", "3.00"),
        row(4, "scale", "4.00"),
        row(5, null, null),
        row(6, "more", "6.00"));
    assertThat(rows(database))
        .isEqualTo("(2,same,2.00) (3,new,3.00) (4,scale,4.00) (5,,) (6,more,6.00)");
    assertThat(database.value("select string_agg(op || id, ' ' order by id) from seen"))
        .isEqualTo("DELETE1 UPDATE3 UPDATE4 INSERT6");
  }

  @ParameterizedTest
  @ValueSource(ints = {13, 18})
  void uniqueValuesMayMoveBetweenRows(int version) {
    var database = postgres.database(version);
    database.execute(
        "create table items (id int primary key, code text unique, n numeric)",
        "create unique index on items (lower(code), n) where n > 0",
        "create view w as select * from items",
        "insert into items values (1, 'a', 1), (2, 'b', 2), (3, 'c', 3), (4, 'd', 4)");
    clean(
        database,
        row(1, "b", "1.00"),
        row(2, "a", "2.00"),
        row(3, "d", "3.00"),
        row(5, "c", "9.00"));
    assertThat(rows(database)).isEqualTo("(1,b,1.00) (2,a,2.00) (3,d,3.00) (5,c,9.00)");
  }

  @Test
  void foreignKeysAreCheckedWhenAllIsDone() {
    var database = postgres.database(15);
    var tree = TableWire.of("app", "items").column("id", "int4", KEY).column("parent", "int4");
    database.execute(
        "create table items (id int primary key, parent int references items)",
        "insert into items values (1, null), (2, 1), (3, 2)",
        "create table lines (item int references items deferrable initially deferred)",
        "insert into lines values (2), (3)");
    clean(database, tree, List.of(row(2, 5), row(3, 2), row(5, null)));
    assertThat(rows(database)).isEqualTo("(2,5) (3,2) (5,)");
    assertThat(database.value("select count(*) from lines")).isEqualTo("2");
    // 3 is referred to by a line that nobody deletes: the commit finds it.
    assertThatThrownBy(() -> clean(database, tree, List.<Object[]>of(row(2, null))))
        .isInstanceOfSatisfying(
            DatabaseException.class, e -> assertThat(e.sqlState()).isEqualTo("23503"));
    assertThat(rows(database)).isEqualTo("(2,5) (3,2) (5,)");
  }

  @Test
  void rowsToWhichForeignKeysActAreNeverDeletedToComeAgain() {
    var database = postgres.database(15);
    database.execute(
        "create table items (id int primary key, code text unique, n numeric)",
        "create table lines (item int references items on delete cascade)",
        "insert into items values (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)",
        "insert into lines values (1), (2), (3)");
    clean(database, row(1, "x", "1.00"), row(2, "y", "2.00"));
    assertThat(database.value("select string_agg(item::text, ' ') from lines")).isEqualTo("1 2");
    assertThatThrownBy(() -> clean(database, row(1, "y", "1.00"), row(2, "x", "2.00")))
        .isInstanceOfSatisfying(
            DatabaseException.class,
            e -> {
              assertThat(e.sqlState()).isEqualTo("23505");
              assertThat(e.constraint()).isEqualTo("items_code_key");
              assertThat(e.hint()).contains("foreign keys");
            });
    assertThat(rows(database)).isEqualTo("(1,x,1.00) (2,y,2.00)");
    assertThat(database.value("select string_agg(item::text, ' ') from lines")).isEqualTo("1 2");
  }

  @Test
  void aTableWithoutAKeyIsReplacedRowByRow() {
    var database = postgres.database(15);
    database.execute(
        "create table items (id int, code text, n numeric)",
        "create view w as select * from items",
        "insert into items values (1, 'a', 1), (1, 'a', 1), (2, 'b', 2)");
    clean(
        database,
        ITEMS.identity(Identity.FULL),
        List.of(row(1, "a", "1.00"), row(1, "a", "1.00"), row(null, null, null)));
    assertThat(rows(database)).isEqualTo("(,,) (1,a,1.00) (1,a,1.00)");
  }

  @ParameterizedTest
  @ValueSource(ints = {13, 15, 18})
  void partitionsColumnsOfTheTargetsOwnIdentityAndGeneratedOnes(int version) {
    var database = postgres.database(version);
    database.execute(
        """
        create table items (
            id    int generated always as identity,
            code  text,
            n     numeric,
            twice numeric generated always as (n * 2) stored,
            tag   text default 'fresh',
            primary key (id, code)
        ) partition by list (code)""",
        "create table a partition of items for values in ('a')",
        "create table rest partition of items default",
        "insert into items (id, code, n, tag) overriding system value"
            + " values (1, 'a', 1, 'mine'), (2, 'b', 2, 'mine'), (3, 'a', 3, 'mine')");
    clean(database, row(1, "a", "1.50"), row(3, "c", "3.00"));
    assertThat(rows(database)).isEqualTo("(1,a,1.50,3.00,mine) (3,c,3.00,6.00,fresh)");
  }

  @Test
  void anIdentityThatNobodyMayUpdateComesWithAnInsert() {
    var database = postgres.database(15);
    database.execute(
        "create table items (id int primary key, code text, n int generated always as identity)",
        "create view w as select * from items",
        "insert into items overriding system value values (1, 'a', 10), (2, 'b', 20)");
    var wire =
        TableWire.of("app", "items")
            .column("id", "int4", KEY)
            .column("code", "text")
            .column("n", "int4");
    clean(database, wire, List.of(row(1, "A", 10), row(2, "b", 21)));
    assertThat(rows(database)).isEqualTo("(1,A,10) (2,b,21)");
  }

  @Test
  void rowsThatAPolicyHidesAreAnErrorAndNotMissing() {
    var database = postgres.database(15);
    var keeper = postgres.connectAsKeeper(database);
    database.execute(
        "create table items (id int primary key, code text, n numeric)",
        "insert into items values (1, 'a', 1), (2, 'hidden', 2)",
        "alter table items enable row level security",
        "create policy p on items to keeper using (code <> 'hidden')",
        "grant select, insert, update, delete on items to keeper");
    assertThatThrownBy(
            () ->
                Load.of(keeper, ITEMS, SnapshotMode.CLEAN, List.<Object[]>of(row(1, "b", "1.00"))))
        .isInstanceOfSatisfying(
            DatabaseException.class,
            e -> {
              assertThat(e.sqlState()).isEqualTo("42501");
              assertThat(e.hint()).contains("ALTER ROLE keeper BYPASSRLS;");
            });
    assertThat(rows(database)).isEqualTo("(1,a,1) (2,hidden,2)");
  }
}
