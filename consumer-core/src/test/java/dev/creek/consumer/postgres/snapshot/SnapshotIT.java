package dev.creek.consumer.postgres.snapshot;

import static dev.creek.consumer.postgres.Load.row;
import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress.Step;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.Load;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.postgres.PostgresVersions;
import dev.creek.consumer.stream.FencedException;
import dev.creek.consumer.stream.Handover;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Identity;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.util.Throwables;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Snapshots into real tables: what rows and what position they leave, and who may write. */
final class SnapshotIT {
  private static final TableWire ITEMS =
      TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");

  @RegisterExtension static final PostgresVersions postgres = new PostgresVersions();

  private PostgresDatabase database;
  private PostgresTarget target;

  @BeforeEach
  void open() {
    database = postgres.database(15);
    target = postgres.connect(database);
  }

  private void items() {
    database.execute(
        "create table items (id int primary key, v text)",
        "insert into items values (1, 'a'), (2, 'b')");
  }

  private String rows() {
    return database.value(
        "select coalesce(string_agg(r::text, ' ' order by r::text), '') from items r");
  }

  private String tables() {
    return database.value(
        "select string_agg(relname, ' ' order by relname) from pg_class"
            + " where relnamespace = 'public'::regnamespace and relkind = 'r'");
  }

  @Test
  void upsertsIntoTheLiveTableAndStoresWhereTheLineGoesOn() {
    items();
    var load = Load.of(target, ITEMS, SnapshotMode.UPSERT, List.of(row(2, "B"), row(3, "C")));
    assertThat(rows()).isEqualTo("(1,a) (2,B) (3,C)");
    assertThat(load.stored()).isEqualTo(Load.RESUME);
    var next = await(target.snapshots().claimForSnapshot(load.mapping));
    assertThat(next.aheadUntil()).isEqualTo(Load.AHEAD_UNTIL);
  }

  @Test
  void cleansByPuttingAFreshTableInThePlaceOfTheOldOne() {
    items();
    var load = Load.of(target, ITEMS, SnapshotMode.CLEAN, List.of(row(2, "B"), row(3, "C")));
    assertThat(rows()).isEqualTo("(2,B) (3,C)");
    assertThat(load.stored()).isEqualTo(Load.RESUME);
    assertThat(load.steps()).containsExactly(Step.BUILDING, Step.FINISHING);
    await(target.subscriptions().activate(load.mapping));
    assertThat(await(target.tables().claim(load.mapping)).aheadUntil()).isEqualTo(Load.AHEAD_UNTIL);
    assertThat(tables()).isEqualTo("items");
  }

  /** An upsert brings none of the deletes that were missed. */
  @Test
  void onlyACleanOneEndsAGap() {
    items();
    var upsert = new Load(target, ITEMS).open(SnapshotMode.UPSERT);
    database.execute("update _creek_consumer.subscriptions set gap = 'lost'");
    await(upsert.writer().begin(new Handover(Load.RESUME, Load.AHEAD_UNTIL)));
    upsert.write(row(2, "B")).finish().close();
    assertThat(gap()).isEqualTo("lost");
    Load.of(target, ITEMS, SnapshotMode.CLEAN, List.<Object[]>of(row(2, "B")));
    assertThat(gap()).isNull();
  }

  private String gap() {
    return database.value("select gap from _creek_consumer.subscriptions");
  }

  @Test
  void anEmptySnapshotEmptiesOrChangesNothing() {
    items();
    Load.of(target, ITEMS, SnapshotMode.UPSERT, List.of());
    assertThat(rows()).isEqualTo("(1,a) (2,b)");
    Load.of(target, ITEMS, SnapshotMode.CLEAN, List.of());
    assertThat(rows()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(SnapshotMode.class)
  void createsATableThatIsMissingWithTheSourcesKey(SnapshotMode mode) {
    Load.of(target, ITEMS, mode, List.of(row(2, "B"), row(3, "C")));
    assertThat(rows()).isEqualTo("(2,B) (3,C)");
    assertThat(
            database.value(
                "select pg_get_constraintdef(oid) from pg_constraint"
                    + " where conrelid = 'items'::regclass and contype = 'p'"))
        .isEqualTo("PRIMARY KEY (id)");
  }

  @Test
  void takesReplicaIdentityFullForNoKeyAndRefusesToUpsertWithoutOne() {
    var full = ITEMS.identity(Identity.FULL);
    Load.of(target, full, SnapshotMode.CLEAN, List.of(row(1, "a"), row(1, "a")));
    assertThat(rows()).isEqualTo("(1,a) (1,a)");
    assertThatThrownBy(() -> new Load(target, full).open(SnapshotMode.UPSERT))
        .isInstanceOfSatisfying(
            ShapeMismatchException.class, e -> assertThat(e.hint()).contains("clean"));
    assertThat(rows()).isEqualTo("(1,a) (1,a)");
  }

  @Test
  void claimsWhatNobodySubscribedAndNotWhatIsSubscribedToAnotherSource() {
    items();
    var load = new Load(target, ITEMS);
    assertThat(load.stored()).isEqualTo(Position.NONE);
    assertThat(database.value("select active from _creek_consumer.subscriptions")).isEqualTo("f");
    var other = new SourceTable("source", "app", "others");
    var mapping = new Mapping(other, new TargetTable("public", "items"));
    assertThatThrownBy(() -> await(target.snapshots().claimForSnapshot(mapping)))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("another source");
  }

  @ParameterizedTest
  @EnumSource(SnapshotMode.class)
  void writesNothingOnceAnotherHasClaimed(SnapshotMode mode) {
    items();
    var before = new Load(target, ITEMS).open(mode);
    var after = new Load(target, ITEMS).open(mode);
    after.write(row(1, "x"));
    if (mode == SnapshotMode.UPSERT) {
      assertThatThrownBy(() -> before.write(row(1, "zombie"))).isInstanceOf(FencedException.class);
    } else {
      before.write(row(1, "zombie"));
    }
    assertThatThrownBy(before::finish).isInstanceOf(FencedException.class);
    before.close();
    assertThat(rows()).isEqualTo(mode == SnapshotMode.UPSERT ? "(1,x) (2,b)" : "(1,a) (2,b)");
    assertThat(before.stored()).isEqualTo(Position.NONE);
    after.finish();
    after.close();
    assertThat(rows()).isEqualTo(mode == SnapshotMode.UPSERT ? "(1,x) (2,b)" : "(1,x)");
    assertThat(tables()).isEqualTo("items");
  }

  @Test
  void aFencedUpdateInPlaceLeavesTheTableAsItWas() {
    items();
    database.execute("create view w as select * from items");
    var zombie = new Load(target, ITEMS).open(SnapshotMode.CLEAN).write(row(7, "zombie"));
    await(target.snapshots().claimForSnapshot(zombie.mapping));
    assertThatThrownBy(zombie::finish).isInstanceOf(FencedException.class);
    zombie.close();
    assertThat(rows()).isEqualTo("(1,a) (2,b)");
    assertThat(zombie.stored()).isEqualTo(Position.NONE);
  }

  @Test
  void rowsMakeWayForUniqueValuesThatTheSnapshotGivesToOthers() {
    database.execute(
        "create table items (id int primary key, v text unique)",
        "insert into items values (1, 'a'), (2, 'b'), (3, 'c'), (9, 'gone')");
    Load.of(target, ITEMS, SnapshotMode.UPSERT, List.of(row(1, "b"), row(2, "a"), row(4, "gone")));
    assertThat(rows()).isEqualTo("(1,b) (2,a) (3,c) (4,gone)");
  }

  @Test
  void noRowMakesWayWhereForeignKeysActOnItsDeletion() {
    database.execute(
        "create table items (id int primary key, v text unique)",
        "create table lines (item int references items on delete cascade)",
        "insert into items values (1, 'a'), (2, 'b')",
        "insert into lines values (1)");
    assertThatThrownBy(
            () -> Load.of(target, ITEMS, SnapshotMode.UPSERT, List.of(row(1, "b"), row(2, "a"))))
        .isInstanceOfSatisfying(
            DatabaseException.class, e -> assertThat(e.sqlState()).isEqualTo("23505"));
    assertThat(database.value("select count(*) from lines")).isEqualTo("1");
  }

  @ParameterizedTest
  @ValueSource(ints = {13, 15, 18})
  void castsToWiderTypesEnumsDomainsAndAddresses(int version) {
    var wire =
        TableWire.of("app", "items")
            .column("id", "int4", KEY)
            .column("n", "int4")
            .column("mood", "text")
            .column("place", "text")
            .column("code", "text")
            .column("tags", "text[]")
            .column("at", "timestamp");
    var old = postgres.database(version);
    old.execute(
        "create type mood as enum ('happy', 'sad')",
        "create domain short as varchar(4) check (value <> '')",
        """
        create table items (
            id bigint primary key, n numeric(20, 3), mood mood, place inet, code short,
            tags varchar(3)[], at timestamptz, more text default 'kept')""",
        "insert into items (id, n, more) values (1, 0, 'mine')");
    var versioned = postgres.connect(old);
    var rows =
        List.of(
            row(1, 5, "happy", "10.0.0.1/8", "abcd", List.of("x"), "2024-05-01T10:00:00"),
            row(2, null, "sad", null, null, null, "infinity"));
    String expected =
        "(1,5.000,happy,10.0.0.1/8,abcd,{x},\"2024-05-01 10:00:00+00\",mine)"
            + " (2,,sad,,,,infinity,kept)";
    String contents = "select string_agg(r::text, ' ' order by id) from items r";
    Load.of(versioned, wire, SnapshotMode.UPSERT, rows);
    assertThat(old.value(contents)).isEqualTo(expected);
    old.execute("delete from items", "insert into items (id, more) values (1, 'mine'), (7, 'x')");
    Load.of(versioned, wire, SnapshotMode.CLEAN, rows);
    assertThat(old.value(contents)).isEqualTo(expected);
    old.execute("alter table items drop column more");
    Load.of(versioned, wire, SnapshotMode.CLEAN, rows);
    assertThat(old.value(contents)).isEqualTo(expected.replaceAll(",(mine|kept)\\)", ")"));
  }

  @Test
  void copiesAHundredColumnsInSeveralChunks() {
    var wire = TableWire.of("app", "items").column("id", "int4", KEY);
    var row = new ArrayList<Object>(List.of(0));
    for (int i = 1; i < 100; i++) {
      wire = wire.column("c" + i, i % 2 == 0 ? "int8" : "text");
      row.add(i % 2 == 0 ? Long.valueOf(i) : i % 7 == 0 ? null : "text of column " + i);
    }
    var load = new Load(target, wire).open(SnapshotMode.CLEAN);
    for (int chunk = 0; chunk < 4; chunk++) {
      int from = chunk * 300;
      load.write(
          IntStream.range(from, from + 300)
              .mapToObj(
                  id -> {
                    row.set(0, id);
                    return row.toArray();
                  })
              .toList());
    }
    load.finish().close();
    assertThat(database.query("select count(*), sum(id), min(c98), max(c99), count(c7) from items"))
        .containsExactly(List.of("1200", "719400", "98", "text of column 99", "0"));
  }

  @ParameterizedTest
  @EnumSource(SnapshotMode.class)
  void tellsOfRowsThatTheTableRefusesWithoutTheirValues(SnapshotMode mode) {
    database.execute(
        "create table items (id int primary key, v text check (v <> 'secret'))",
        "insert into items values (1, 'a')");
    for (var bad : List.of("secret", "sec\u0000ret")) {
      assertThatThrownBy(() -> Load.of(target, ITEMS, mode, List.of(row(1, "good"), row(2, bad))))
          .isInstanceOfSatisfying(
              DatabaseException.class,
              e -> {
                assertThat(e.sqlState()).isIn("23514", "22021");
                assertThat(Throwables.getStackTrace(e)).doesNotContain(bad).doesNotContain("good");
              });
      new Load(target, ITEMS);
      assertThat(rows()).isEqualTo("(1,a)");
    }
  }

  @Test
  void removesWhatAKilledRunLeftAndNotWhatAnotherIsLoading() {
    items();
    var live = new Load(target, ITEMS).open(SnapshotMode.CLEAN).write(row(3, "c"));
    database.execute(
        "create table _creek_snap_00000000000000ff (id int)",
        "comment on table _creek_snap_00000000000000ff is"
            + " 'creek-consumer is loading a snapshot of public.items; …'",
        "create table _creek_snap_00000000000000fe (id int)",
        "create table _creek_snap_other (id int)");
    var other = postgres.connect(database);
    assertThat(await(other.snapshots().removeLeftovers())).isEqualTo(1);
    assertThat(await(other.snapshots().removeLeftovers())).isZero();
    live.finish().close();
    assertThat(rows()).isEqualTo("(3,c)");
    assertThat(tables()).isEqualTo("_creek_snap_00000000000000fe _creek_snap_other items");
  }

  @Test
  void aLoadWhoseServerProcessEndedLeavesATableForTheNextStart() {
    items();
    var load = new Load(target, ITEMS).open(SnapshotMode.CLEAN).write(row(3, "c"));
    database.execute("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'");
    assertThatThrownBy(() -> load.write(row(4, "d")))
        .isInstanceOfSatisfying(DatabaseException.class, e -> assertThat(e.unreachable()).isTrue());
    assertThat(await(target.snapshots().removeLeftovers())).isEqualTo(1);
    load.close();
    assertThat(tables()).isEqualTo("items");
    assertThat(rows()).isEqualTo("(1,a) (2,b)");
  }

  @Test
  void closingTwiceOrBeforeTheFirstRowLeavesNothing() {
    items();
    var load = new Load(target, ITEMS).open(SnapshotMode.CLEAN);
    load.close();
    load.close();
    assertThat(tables()).isEqualTo("items");
    var writer = load.writer();
    assertThatThrownBy(
            () -> await(writer.finish(new Handover(Load.RESUME, Load.AHEAD_UNTIL), s -> {})))
        .isInstanceOf(IllegalStateException.class);
  }
}
