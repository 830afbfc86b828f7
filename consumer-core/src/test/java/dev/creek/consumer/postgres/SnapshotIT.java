package dev.creek.consumer.postgres;

import static dev.creek.consumer.postgres.Load.row;
import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.control.SnapshotMode;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.PostgresServer;
import dev.creek.consumer.testing.TableWire;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Snapshots into real tables. */
final class SnapshotIT {
  private static final TableWire ITEMS =
      TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");

  @RegisterExtension
  static final PostgresExtension postgres =
      PostgresExtension.own(PostgresServer.builder().version(15));

  private PostgresDatabase database;
  private PostgresTarget target;
  private final List<PostgresTarget> opened = new ArrayList<>();

  @BeforeEach
  void open() {
    database = postgres.freshDatabase();
    target = connect(PostgresOptions.of(database.uri()));
    await(target.subscriptions().migrate());
  }

  @AfterEach
  void close() {
    opened.forEach(t -> await(t.close()));
  }

  private PostgresTarget connect(PostgresOptions options) {
    var connected = PostgresTarget.connect(options);
    opened.add(connected);
    return connected;
  }

  private String rows(String table) {
    return database.value(
        "select coalesce(string_agg(r::text, ' ' order by r::text), '') from " + table + " r");
  }

  private List<List<String>> tables() {
    return database.query(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
            + " order by 1");
  }

  @Test
  void upserts() {
    database.execute(
        "create table items (id int primary key, v text)",
        "insert into items values (1, 'a'), (2, 'b')");
    var load = Load.of(target, ITEMS, SnapshotMode.UPSERT, List.of(row(2, "B"), row(3, "C")));
    assertThat(rows("items")).isEqualTo("(1,a) (2,B) (3,C)");
    assertThat(load.stored()).isEqualTo(Load.RESUME);
    var next = await(target.snapshots().claimForSnapshot(load.mapping));
    assertThat(next.aheadUntil()).isEqualTo(Load.AHEAD_UNTIL);
  }

  @Test
  void upsertsRowsWhoseIdentityCannotBeUpdated() {
    var wire =
        TableWire.of("app", "items")
            .column("id", "int4", TableWire.Flag.KEY)
            .column("serial", "int4")
            .column("v", "text");
    database.execute(
        "create table items (id int primary key, serial int generated always as identity, v text)",
        "insert into items overriding system value values (1, 10, 'a'), (2, 20, 'b')");
    Load.of(target, wire, SnapshotMode.UPSERT, List.of(row(1, 10, "A"), row(2, 21, "B")));
    assertThat(rows("items")).isEqualTo("(1,10,A) (2,21,B)");
  }

  @Test
  void swaps() {
    database.execute(
        "create table items (id int primary key, v text)",
        "insert into items values (1, 'a'), (2, 'b')");
    var load = Load.of(target, ITEMS, SnapshotMode.CLEAN, List.of(row(2, "B"), row(3, "C")));
    assertThat(rows("items")).isEqualTo("(2,B) (3,C)");
    assertThat(load.stored()).isEqualTo(Load.RESUME);
    await(target.subscriptions().activate(load.mapping));
    assertThat(await(target.tables().claim(load.mapping)).aheadUntil()).isEqualTo(Load.AHEAD_UNTIL);
    assertThat(tables()).containsExactly(List.of("items"));
  }

  @Test
  void createsTheTable() {
    Load.of(target, ITEMS, SnapshotMode.CLEAN, List.of(row(2, "B"), row(3, "C")));
    assertThat(rows("items")).isEqualTo("(2,B) (3,C)");
    assertThat(tables()).containsExactly(List.of("items"));
  }

  @Test
  void inPlace() {
    database.execute(
        "create table items (id int primary key, v text)",
        "create view w as select * from items",
        "insert into items values (1, 'a'), (2, 'b'), (4, 'd')");
    var load =
        Load.of(target, ITEMS, SnapshotMode.CLEAN, List.of(row(2, "B"), row(3, "C"), row(4, "d")));
    assertThat(rows("w")).isEqualTo("(2,B) (3,C) (4,d)");
    assertThat(load.stored()).isEqualTo(Load.RESUME);
    assertThat(tables()).containsExactly(List.of("items"));
  }
}
