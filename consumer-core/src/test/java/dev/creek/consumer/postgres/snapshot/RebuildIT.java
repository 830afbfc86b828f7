package dev.creek.consumer.postgres.snapshot;

import static dev.creek.consumer.postgres.Load.row;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.postgres.Load;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.postgres.PostgresVersions;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableWire;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A clean snapshot makes a table anew whose columns do not fit, where it may take its place; where
 * it may not, the table stays as it was and it is said why.
 */
final class RebuildIT {
  @RegisterExtension static final PostgresVersions postgres = new PostgresVersions();

  private static final TableWire ITEMS =
      TableWire.of("app", "items")
          .column("id", "int8", KEY)
          .column("since", "timestamptz")
          .column("price", "numeric(12,4)")
          .column("note", "text");

  private static final Object[] ROW = row(7, "2024-02-29T10:00:00", "1.2345", "new");

  @ParameterizedTest
  @ValueSource(ints = {13, 18})
  void givesColumnsThatDoNotFitTheSourcesTypesAndAddsThoseThatAreMissing(int version) {
    var database = postgres.database(version);
    database.execute(
        """
        create table items (
            id    bigint primary key,
            since date not null default current_date,
            price numeric(10,1) default 1.5 check (price > 0)
        )
        """,
        "create index by_price on items (price)",
        "grant select on items to reader",
        "comment on column items.price is 'in crowns'",
        "insert into items values (1, '2024-01-01', 1)");
    Load.of(postgres.connect(database), ITEMS, SnapshotMode.CLEAN, List.<Object[]>of(ROW));
    assertThat(columns(database))
        .isEqualTo(
            "id bigint not null, since timestamp with time zone not null, price numeric(12,4),"
                + " note text");
    assertThat(database.query("select id, price, note from items"))
        .containsExactly(List.of("7", "1.2345", "new"));
    assertThat(database.value("select has_table_privilege('reader', 'items', 'select')"))
        .isEqualTo("t");
    assertThat(database.value("select 'by_price'::regclass::text")).isEqualTo("by_price");
    assertThat(database.value("select col_description('items'::regclass, 3)"))
        .isEqualTo("in crowns");
    assertThat(
            database.value(
                "select count(*) from pg_constraint where conrelid = 'items'::regclass and contype"
                    + " in ('p', 'c')"))
        .isEqualTo("2");
    assertThat(
            database.value("select count(*) from pg_class where relname like '\\_creek\\_snap%'"))
        .isEqualTo("0");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "create view seen as select id from items",
        "create table child (item bigint references items)",
        "alter table items add column mine text"
      })
  void leavesATableAloneThatSomethingElseHangsOnAndSaysWhat(String hanging) {
    var database = postgres.database(15);
    database.execute(
        "create table items (id bigint primary key, since date, price numeric(12,4), note text)",
        "insert into items values (1)",
        hanging);
    var target = postgres.connect(database);
    var refused = refused(target);
    assertThat(refused)
        .hasMessageContaining("\"since\" is date")
        .hasMessageContaining("a clean snapshot does not make it anew: ")
        .hasMessageContaining(
            hanging.contains("view")
                ? "seen"
                : hanging.contains("child") ? "child" : "lacks its column \"mine\"");
    assertThat(refused.hint())
        .isEqualTo("ALTER TABLE \"public\".\"items\" ALTER COLUMN \"since\" TYPE timestamptz;");
    assertThat(database.query("select id from items")).containsExactly(List.of("1"));
    database.execute(refused.hint());
    Load.of(target, ITEMS, SnapshotMode.CLEAN, List.<Object[]>of(ROW));
    assertThat(database.query("select id from items")).containsExactly(List.of("7"));
  }

  @Test
  void keepsTheTableWhereAnIndexCannotBeBuiltOverTheNewType() {
    var database = postgres.database(15);
    database.execute(
        "create table items (id bigint primary key, since date, price numeric(12,4), note text)",
        "create index days on items ((since - date '2000-01-01'))",
        "insert into items values (1)");
    var refused = refused(postgres.connect(database));
    assertThat(refused).hasMessageContaining("a clean snapshot does not make it anew: ");
    assertThat(database.query("select id from items")).containsExactly(List.of("1"));
    assertThat(
            database.value("select count(*) from pg_class where relname like '\\_creek\\_snap%'"))
        .isEqualTo("0");
  }

  private static ShapeMismatchException refused(PostgresTarget target) {
    return catchThrowableOfType(
        ShapeMismatchException.class,
        () -> Load.of(target, ITEMS, SnapshotMode.CLEAN, List.<Object[]>of(ROW)));
  }

  private static String columns(PostgresDatabase database) {
    return database.value(
        """
        select string_agg(
                   attname || ' ' || format_type(atttypid, atttypmod)
                       || case when attnotnull then ' not null' else '' end,
                   ', ' order by attnum)
        from pg_attribute
        where attrelid = 'items'::regclass and attnum > 0 and not attisdropped
        """);
  }
}
