package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.postgres.apply.Items.ITEMS;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.assertj.core.util.Throwables;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Errors of the target: their texts, and how the writer goes on when the cause is gone. */
final class WriterErrorsIT {
  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(15);

  @Test
  void tellsStateConstraintTableAndSequenceButNoValues() {
    var line =
        Items.line(
            database,
            "create table items (id int primary key, v text constraint no_bad check (v <>"
                + " 'secret'))");
    var batch = line.batch(ITEMS.insert(WalTx.of(1), 1, "secret"));
    assertThatThrownBy(() -> line.apply(batch))
        .isInstanceOfSatisfying(
            DatabaseException.class,
            e -> {
              assertThat(e.sqlState()).isEqualTo("23514");
              assertThat(e.constraint()).isEqualTo("no_bad");
              assertThat(e).hasMessageStartingWith("public.items: ");
              assertThat(e).hasStackTraceContaining("no_bad");
              assertThat(Throwables.getStackTrace(e)).doesNotContain("secret");
            });
    assertThat(line.stored().sequence()).isZero();
  }

  @Test
  void tellsNoValuesOfDataExceptions() {
    var wire = TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");
    database.execute(
        "create type mood as enum ('ok')", "create table items (id int primary key, v mood)");
    var line = database.line(wire);
    var batch = line.batch(wire.insert(WalTx.of(1), 1, "secret"));
    assertThatThrownBy(() -> line.apply(batch))
        .isInstanceOfSatisfying(
            DatabaseException.class,
            e -> {
              assertThat(e.sqlState()).isEqualTo("22P02");
              assertThat(Throwables.getStackTrace(e)).doesNotContain("secret");
            });
  }

  @Test
  void saysHowToMakeAMissingTable() {
    var line = database.line(ITEMS);
    var batch = line.batch(ITEMS.insert(WalTx.of(1), 1, "a"));
    assertThatThrownBy(() -> line.apply(batch))
        .isInstanceOfSatisfying(
            ShapeMismatchException.class,
            e -> {
              assertThat(e).hasMessageContaining("public.items does not exist");
              assertThat(e.hint())
                  .contains("creek-consumer resync 'source.app.items:public.items'")
                  .contains("select \"_creek_consumer\".resync('source.app.items:public.items');");
            });
    database.execute("create table items (id int primary key, v text)");
    line.apply(batch);
    assertThat(database.rows("items")).isEqualTo("(1,a)");
  }

  @Test
  void looksAgainAfterAColumnWasAdded() {
    var line = Items.line(database, "create table items (id int primary key)");
    var batch = line.batch(ITEMS.insert(WalTx.of(1), 1, "a"));
    assertThatThrownBy(() -> line.apply(batch))
        .isInstanceOfSatisfying(
            ShapeMismatchException.class,
            e -> assertThat(e.hint()).contains("ADD COLUMN \"v\" text"));
    database.execute("alter table items add column v text");
    line.restart();
    line.apply(batch);
    assertThat(database.rows("items")).isEqualTo("(1,a)");
  }

  @Test
  void refusesAView() {
    database.execute("create view items as select 1 as id, 'a'::text as v");
    var line = database.line(ITEMS);
    var batch = line.batch(ITEMS.insert(WalTx.of(1), 1, "a"));
    assertThatThrownBy(() -> line.apply(batch))
        .isInstanceOf(ShapeMismatchException.class)
        .hasMessageContaining("not a table");
  }

  @Test
  void needsNoMoreThanTheRightsOnItsTables() {
    database.execute(
        "create table items (id int primary key, v text)",
        "drop role if exists writer_only",
        "create role writer_only login password 'x'",
        "grant usage on schema _creek_consumer to writer_only",
        "grant select, insert, update, delete on all tables in schema _creek_consumer to"
            + " writer_only");
    var target = database.connect(DatabaseOptions.of(database.uriAs("writer_only", "x")));
    var line = new Line(target, ITEMS);
    var tx = WalTx.of(1);
    var batch = line.batch(ITEMS.insert(tx, 1, "a"));
    assertThatThrownBy(() -> line.apply(batch))
        .isInstanceOfSatisfying(
            DatabaseException.class,
            e -> {
              assertThat(e.sqlState()).isEqualTo("42501");
              assertThat(e.hint()).contains("GRANT SELECT, INSERT, UPDATE, DELETE");
            });
    database.execute("grant select, insert, update, delete on items to writer_only");
    line.restart();
    line.apply(ITEMS.insert(tx, 1, "a"), ITEMS.insert(tx, 2, "b"));
    // Without the right to truncate, the rows are deleted.
    line.apply(ITEMS.delete(tx, Map.of("id", 2)), ITEMS.truncate(tx), ITEMS.insert(tx, 3, "c"));
    assertThat(database.rows("items")).isEqualTo("(3,c)");
    await(target.close());
    database.execute("drop owned by writer_only", "drop role writer_only");
  }

  @Test
  void givesUpOnALockedTableAfterLockTimeout() throws SQLException {
    database.execute("create table items (id int primary key, v text)");
    var impatient =
        DatabaseOptions.builder(database.uri(), Map.of())
            .lockTimeout(Duration.ofMillis(200))
            .build();
    var line = new Line(database.connect(impatient), ITEMS);
    try (Connection other = database.openConnection()) {
      other.setAutoCommit(false);
      other.createStatement().execute("lock table items");
      var batch = line.batch(ITEMS.insert(WalTx.of(1), 1, "a"));
      assertThatThrownBy(() -> line.apply(batch))
          .isInstanceOfSatisfying(
              DatabaseException.class,
              e -> {
                assertThat(e.sqlState()).isEqualTo("55P03");
                assertThat(e.hint()).contains("lock");
              });
    }
    line.restart();
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"));
    assertThat(database.rows("items")).isEqualTo("(1,a)");
  }
}
