package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.postgres.control.SubscriptionTable;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.stream.FencedException;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.PostgresServer;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Identity;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.util.Throwables;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Batches into real tables: what rows they leave, and what position. */
final class TableWriterIT {
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
    target = connect(DatabaseOptions.of(database.patientUri()));
    await(target.subscriptions().migrate());
  }

  @AfterEach
  void close() {
    opened.forEach(t -> await(t.close()));
  }

  private PostgresTarget connect(DatabaseOptions options) {
    var connected = PostgresTarget.connect(options);
    opened.add(connected);
    return connected;
  }

  private Line items(String ddl) {
    database.execute(ddl);
    return new Line(target, ITEMS);
  }

  private Line items() {
    return items("create table items (id int primary key, v text)");
  }

  private String rows(String table) {
    return database.value(
        "select coalesce(string_agg(r::text, ' ' order by r::text), '') from " + table + " r");
  }

  // Rows and position.

  @Test
  void appliesEveryOperationAndCountsThemAsTheWireTellsThem() {
    var line = items();
    var tx = WalTx.of(1);
    var applied =
        line.apply(
            ITEMS.insert(tx, 1, "a"),
            ITEMS.insert(tx, 2, "b"),
            ITEMS.insert(tx, 3, null),
            ITEMS.update(tx, 1, "A"),
            ITEMS.update(tx, Map.of("id", 2), Map.of("id", 4, "v", "d")),
            ITEMS.delete(tx, Map.of("id", 3)));
    assertThat(rows("items")).isEqualTo("(1,A) (4,d)");
    assertThat(applied).isEqualTo(new Applied(applied.position(), 3, 2, 1, 0));
    assertThat(line.stored()).isEqualTo(applied.position());
    assertThat(line.stored().sequence()).isEqualTo(6);
    assertThat(line.stored().stream()).isEqualTo(Line.STREAM);
    assertThat(line.stored().committedAt()).isEqualTo(tx.committedAt());
  }

  @Test
  void upsertsInsertsThatAreAppliedAgain() {
    var line = items();
    var tx = WalTx.of(1);
    line.apply(ITEMS.insert(tx, 1, "a"), ITEMS.insert(tx, 2, "b"));
    for (int again = 0; again < 2; again++) {
      line.apply(ITEMS.insert(tx, 1, "A"), ITEMS.insert(tx, 2, "b"), ITEMS.insert(tx, 3, "c"));
      assertThat(rows("items")).isEqualTo("(1,A) (2,b) (3,c)");
    }
    line.applyPart(ITEMS.insert(tx, 3, "C"), ITEMS.insert(tx, 4, "d"));
    line.restart();
    line.applyPart(ITEMS.insert(tx, 3, "C"), ITEMS.insert(tx, 4, "d"));
    line.apply(ITEMS.insert(tx, 5, "e"));
    assertThat(rows("items")).isEqualTo("(1,A) (2,b) (3,C) (4,d) (5,e)");
  }

  @Test
  void insertsRowsThatAreNewWithoutLookingForThem() {
    var line = items();
    // PostgreSQL refuses ON CONFLICT for a table with such a rule.
    database.execute("create rule no_updates as on update to items do instead nothing");
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"), ITEMS.insert(WalTx.of(1), 2, "b"));
    assertThat(rows("items")).isEqualTo("(1,a) (2,b)");
  }

  @Test
  void movesThePositionAloneWhereNothingChanged() {
    var line = items();
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"));
    var moved = line.batch(true, List.of());
    assertThat(line.apply(moved).inserts()).isZero();
    assertThat(line.stored().sequence()).isEqualTo(1);
    assertThat(database.value("select rows_applied from _creek_consumer.subscriptions"))
        .isEqualTo("1");
  }

  @Test
  void writesRowsWithDeletesOnlyUpsertsOnlyBothAndNeither() {
    var line = items();
    var tx = WalTx.of(1);
    line.apply(ITEMS.insert(tx, 1, "a"), ITEMS.insert(tx, 2, "b"));
    line.apply(ITEMS.delete(tx, Map.of("id", 1)));
    assertThat(rows("items")).isEqualTo("(2,b)");
    line.apply(ITEMS.delete(tx, Map.of("id", 2)), ITEMS.insert(tx, 3, "c"));
    assertThat(rows("items")).isEqualTo("(3,c)");
    line.apply(ITEMS.update(tx, 3, "C"));
    assertThat(rows("items")).isEqualTo("(3,C)");
  }

  @Test
  void preparesOneStatementForBatchesOfAnySize() {
    database.execute("create table items (id int primary key, v text)");
    var line = new Line(target, ITEMS);
    // Statements belong to a connection: one that both the writer and the test use.
    var options = DatabaseOptions.builder(database.uri(), Map.of()).poolSize(1).build();
    var sessions = new Sessions(options);
    var writer =
        new PostgresTableWriter(sessions, new SubscriptionTable(sessions, options), line.claim());
    for (int size = 1; size <= 40; size += 13) {
      var tx = WalTx.of(size);
      int first = 100 * size;
      var batch =
          line.batch(
              IntStream.range(first, first + size)
                  .mapToObj(i -> ITEMS.insert(tx, i, "x"))
                  .toArray(WalBytes[]::new));
      await(writer.prepare(batch).flatMap(writer::apply));
    }
    var prepared =
        await(
            sessions.use(
                "prepared statements",
                session ->
                    session
                        .query(
                            "select generic_plans + custom_plans from pg_prepared_statements"
                                + " where statement like '%insert into \"public\".\"items\"%'",
                            statement -> {}, row -> row.get(0, Long.class))
                        .collectList()));
    await(sessions.close());
    assertThat(prepared).containsExactly(4L);
    assertThat(rows("(select count(*) from items)")).isEqualTo("(82)");
  }

  // The fence.

  @Test
  void writesNothingOnceAnotherHasClaimed() {
    var zombie = items();
    zombie.apply(ITEMS.insert(WalTx.of(1), 1, "a"));
    var position = zombie.stored();
    var owner = await(target.tables().claim(zombie.mapping));
    assertThat(owner.epoch()).isGreaterThan(zombie.claim().epoch());
    assertThat(owner.position()).isEqualTo(position);
    var late =
        zombie.batch(ITEMS.insert(WalTx.of(2), 2, "b"), ITEMS.delete(WalTx.of(2), Map.of("id", 1)));
    assertThatThrownBy(() -> zombie.apply(late)).isInstanceOf(FencedException.class);
    assertThat(rows("items")).isEqualTo("(1,a)");
    assertThat(zombie.stored()).isEqualTo(position);
  }

  /** Commits do not wait for the disk, and a table that is idle does not notice a crash. */
  @Test
  void writesNothingBehindCommitsThatACrashTookBack() {
    var line = items();
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"));
    var before = line.stored();
    line.apply(ITEMS.insert(WalTx.of(2), 2, "b"));
    database.execute(
        "delete from items where id = 2",
        "update _creek_consumer.subscriptions set stream_seq = " + before.sequence());
    var behind = line.batch(ITEMS.insert(WalTx.of(3), 3, "c"));
    assertThatThrownBy(() -> line.apply(behind)).isInstanceOf(FencedException.class);
    assertThat(rows("items")).isEqualTo("(1,a)");
    assertThat(line.stored().sequence()).isEqualTo(before.sequence());
    assertThat(await(target.tables().claim(line.mapping)).position().sequence())
        .isEqualTo(before.sequence());
  }

  @Test
  void fencesPartsOfATransactionTruncateAndTablesWithoutAKey() {
    var wire = ITEMS.identity(Identity.FULL);
    database.execute("create table items (id int, v text)", "insert into items values (7, 'x')");
    var tx = WalTx.of(1);
    for (List<WalBytes> messages :
        List.of(
            List.of(wire.insert(tx, 1, "a")),
            List.of(wire.truncate(tx)),
            List.of(wire.delete(tx, Map.of("id", 7, "v", "x"))),
            List.of(wire.insert(tx, 1, "a"), wire.truncate(tx)))) {
      for (boolean ends : new boolean[] {true, false}) {
        var zombie = new Line(target, wire);
        await(target.tables().claim(zombie.mapping));
        var batch = zombie.batch(ends, messages);
        assertThatThrownBy(() -> zombie.apply(batch)).isInstanceOf(FencedException.class);
      }
    }
    assertThat(rows("items")).isEqualTo("(7,x)");
  }

  @Test
  void waitsWithTheClaimUntilTheOpenTransactionHasEnded() {
    var line = items();
    line.applyPart(ITEMS.insert(WalTx.of(1), 1, "a"));
    var claiming = target.tables().claim(line.mapping).toFuture();
    Awaitility.await()
        .until(
            () ->
                database
                    .value("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
                    .equals("1"));
    assertThat(claiming).isNotDone();
    line.apply(ITEMS.insert(WalTx.of(1), 2, "b"));
    assertThat(await(Mono.fromFuture(claiming)).position().sequence()).isEqualTo(2);
  }

  @Test
  void isNotFencedByReportsOfItsOwnState() {
    var line = items();
    var reports =
        Flux.range(0, 300)
            .concatMap(
                n ->
                    target
                        .tables()
                        .report(
                            line.claim(), new TableState(TableState.Name.STREAMING, "n" + n, null)))
            .all(reported -> reported)
            .toFuture();
    for (int i = 0; i < 200; i++) {
      line.apply(ITEMS.insert(WalTx.of(i), i, "x"), ITEMS.delete(WalTx.of(i), Map.of("id", i - 1)));
    }
    assertThat(await(Mono.fromFuture(reports))).isTrue();
    assertThat(rows("items")).isEqualTo("(199,x)");
    assertThat(line.stored().sequence()).isEqualTo(400);
  }

  @Test
  void claimsOnlyActiveSubscriptionsOfThatSource() {
    var line = items();
    assertThat(
            await(
                target
                    .tables()
                    .report(line.claim(), new TableState(TableState.Name.GAP, "r", "h"))))
        .isTrue();
    var shown = await(target.subscriptions().all()).get(0).state();
    assertThat(shown).isEqualTo(new TableState(TableState.Name.GAP, "r", "h"));
    await(target.subscriptions().deactivate(line.mapping.target()));
    assertThat(await(target.tables().claim(line.mapping))).isNull();
    assertThat(await(target.tables().report(line.claim(), shown))).isFalse();
    var late = line.batch(ITEMS.insert(WalTx.of(1), 1, "a"));
    assertThatThrownBy(() -> line.apply(late)).isInstanceOf(FencedException.class);
  }

  // Order.

  @Test
  void movesAUniqueValueFromRowToRowInEitherDirection() {
    var line = items("create table items (id int primary key, v text unique)");
    var tx = WalTx.of(1);
    line.apply(ITEMS.insert(tx, 1, "a"), ITEMS.insert(tx, 2, "b"));
    line.apply(ITEMS.update(tx, 1, "tmp"), ITEMS.update(tx, 2, "a"), ITEMS.update(tx, 1, "b"));
    assertThat(rows("items")).isEqualTo("(1,b) (2,a)");
    line.apply(ITEMS.delete(tx, Map.of("id", 1)), ITEMS.insert(tx, 3, "b"));
    assertThat(rows("items")).isEqualTo("(2,a) (3,b)");
    assertThat(line.stored().sequence()).isEqualTo(7);
  }

  @Test
  void swapsKeys() {
    var line = items();
    var tx = WalTx.of(1);
    line.apply(ITEMS.insert(tx, 1, "a"), ITEMS.insert(tx, 2, "b"));
    line.apply(
        ITEMS.update(tx, Map.of("id", 1), Map.of("id", -1, "v", "a")),
        ITEMS.update(tx, Map.of("id", 2), Map.of("id", 1, "v", "b")),
        ITEMS.update(tx, Map.of("id", -1), Map.of("id", 2, "v", "a")));
    assertThat(rows("items")).isEqualTo("(1,b) (2,a)");
  }

  @Test
  void truncatesBetweenInserts() {
    var line = items();
    var tx = WalTx.of(1);
    line.apply(ITEMS.insert(tx, 1, "old"));
    var applied =
        line.apply(ITEMS.insert(tx, 2, "gone"), ITEMS.truncate(tx), ITEMS.insert(tx, 3, "kept"));
    assertThat(rows("items")).isEqualTo("(3,kept)");
    assertThat(applied.truncates()).isEqualTo(1);
    line.apply(ITEMS.truncate(tx));
    assertThat(rows("items")).isEmpty();
  }

  @Test
  void emptiesATableThatOthersReferTo() {
    var line =
        items(
            "create table items (id int primary key, v text);"
                + "create table parts (item int references items on delete cascade)");
    var tx = WalTx.of(1);
    line.apply(ITEMS.insert(tx, 1, "a"));
    database.execute("insert into parts values (1)");
    line.apply(ITEMS.truncate(tx), ITEMS.insert(tx, 2, "b"));
    assertThat(rows("items")).isEqualTo("(2,b)");
    assertThat(rows("parts")).isEmpty();
  }

  @Test
  void appliesInOrderInsideATransactionWhereUniqueValuesMove() {
    var line = items("create table items (id int primary key, v text unique)");
    var tx = WalTx.of(1);
    line.applyPart(ITEMS.insert(tx, 1, "a"), ITEMS.insert(tx, 2, "b"));
    line.applyPart(ITEMS.update(tx, 1, "tmp"), ITEMS.update(tx, 2, "a"), ITEMS.update(tx, 1, "b"));
    line.applyPart(ITEMS.insert(tx, 3, "c"));
    line.apply(ITEMS.update(tx, 3, "x"), ITEMS.update(tx, 1, "c"), ITEMS.update(tx, 3, "b"));
    assertThat(rows("items")).isEqualTo("(1,c) (2,a) (3,b)");
  }

  // Long transactions.

  @Test
  void keepsPartsInvisibleUntilTheTransactionEnds() {
    var line = items();
    var tx = WalTx.of(1);
    assertThat(line.applyPart(ITEMS.insert(tx, 1, "a"))).isNull();
    assertThat(rows("items")).isEmpty();
    assertThat(line.applyPart(ITEMS.insert(tx, 2, "b"), ITEMS.truncate(tx))).isNull();
    var applied = line.apply(ITEMS.insert(tx, 3, "c"), ITEMS.insert(WalTx.of(2), 4, "d"));
    assertThat(rows("items")).isEqualTo("(3,c) (4,d)");
    assertThat(applied).isEqualTo(new Applied(applied.position(), 4, 0, 0, 1));
    assertThat(line.stored().sequence()).isEqualTo(5);
    line.apply(ITEMS.insert(WalTx.of(3), 5, "e"));
    assertThat(rows("items")).isEqualTo("(3,c) (4,d) (5,e)");
  }

  @Test
  void partsMaySwapValuesThatADeferrableConstraintKeepsApart() {
    var line = items("create table items (id int primary key, v text, unique (v) deferrable)");
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"), ITEMS.insert(WalTx.of(1), 2, "b"));
    var tx = WalTx.of(2);
    line.applyPart(ITEMS.update(tx, 1, "b"));
    line.apply(ITEMS.update(tx, 2, "a"));
    assertThat(rows("items")).isEqualTo("(1,b) (2,a)");
  }

  @Test
  void commitsPartsWhereOnlyTheEndIsMissing() {
    var line = items();
    line.applyPart(ITEMS.insert(WalTx.of(1), 1, "a"));
    assertThat(line.apply(line.batch(true, List.of())).inserts()).isEqualTo(1);
    assertThat(rows("items")).isEqualTo("(1,a)");
  }

  @Test
  void rollsBackPartsWhenClosedAndCanBeginAgain() {
    var line = items();
    var tx = WalTx.of(1);
    line.applyPart(ITEMS.insert(tx, 1, "a"));
    line.restart();
    assertThat(rows("items")).isEmpty();
    assertThat(line.stored().sequence()).isZero();
    assertThat(database.value(idleInTransaction())).isEqualTo("0");
    line.apply(ITEMS.insert(tx, 1, "again"));
    assertThat(rows("items")).isEqualTo("(1,again)");
  }

  private static String idleInTransaction() {
    return "select count(*) from pg_stat_activity where state like 'idle in transaction%'";
  }

  @Test
  void rollsBackPartsAfterAnErrorAndIsOfNoMoreUse() {
    var line = items("create table items (id int primary key, v text check (v <> 'bad'))");
    var tx = WalTx.of(1);
    line.applyPart(ITEMS.insert(tx, 1, "a"));
    var bad = line.batch(ITEMS.insert(tx, 2, "bad"));
    assertThatThrownBy(() -> line.apply(bad)).isInstanceOf(DatabaseException.class);
    assertThat(rows("items")).isEmpty();
    assertThat(database.value(idleInTransaction())).isEqualTo("0");
    var next = line.batch(ITEMS.insert(tx, 3, "c"));
    assertThatThrownBy(() -> line.apply(next)).isInstanceOf(IllegalStateException.class);
  }

  // Errors.

  @Test
  void tellsStateConstraintTableAndSequenceButNoValues() {
    var line =
        items(
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
    var line = new Line(target, wire);
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
    var line = new Line(target, ITEMS);
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
    assertThat(rows("items")).isEqualTo("(1,a)");
  }

  @Test
  void looksAgainAfterAColumnWasAdded() {
    var line = items("create table items (id int primary key)");
    var batch = line.batch(ITEMS.insert(WalTx.of(1), 1, "a"));
    assertThatThrownBy(() -> line.apply(batch))
        .isInstanceOfSatisfying(
            ShapeMismatchException.class,
            e -> assertThat(e.hint()).contains("ADD COLUMN \"v\" text"));
    database.execute("alter table items add column v text");
    line.apply(batch);
    assertThat(rows("items")).isEqualTo("(1,a)");
  }

  @Test
  void refusesAView() {
    database.execute("create view items as select 1 as id, 'a'::text as v");
    var line = new Line(target, ITEMS);
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
    var server = database.server();
    target =
        connect(
            DatabaseOptions.of(
                "postgres://writer_only:x@%s:%d/%s"
                    .formatted(server.host(), server.port(), database.name())));
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
    assertThat(rows("items")).isEqualTo("(3,c)");
    await(target.close());
    database.execute("drop owned by writer_only", "drop role writer_only");
  }

  @Test
  void givesUpOnALockedTableAfterLockTimeout() throws SQLException {
    database.execute("create table items (id int primary key, v text)");
    target =
        connect(
            DatabaseOptions.builder(database.uri(), Map.of())
                .lockTimeout(Duration.ofMillis(200))
                .build());
    var line = new Line(target, ITEMS);
    try (Connection other = database.connect()) {
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
    assertThat(rows("items")).isEqualTo("(1,a)");
  }

  @Test
  void leavesNothingHalfAppliedWhenItsBackendIsKilled() throws SQLException {
    var line = items();
    try (Connection other = database.connect()) {
      other.setAutoCommit(false);
      other.createStatement().execute("lock table items in share mode");
      var batch = line.batch(ITEMS.insert(WalTx.of(1), 2, "b"));
      var failing = line.applying(batch).toFuture();
      awaitLockWait();
      other
          .createStatement()
          .execute(
              "select pg_terminate_backend(pid) from pg_stat_activity"
                  + " where wait_event_type = 'Lock'");
      assertThatThrownBy(() -> await(Mono.fromFuture(failing)))
          .isInstanceOfSatisfying(
              DatabaseException.class, e -> assertThat(e.sqlState()).startsWith("57"));
    }
    assertThat(rows("items")).isEmpty();
    assertThat(line.stored().sequence()).isZero();
  }

  @Test
  void leavesNothingHalfAppliedWhenItsBackendIsKilledBetweenParts() {
    var line = items();
    line.applyPart(ITEMS.insert(WalTx.of(1), 1, "a"));
    database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
            + " where state like 'idle in transaction%'");
    var rest = line.batch(ITEMS.insert(WalTx.of(1), 2, "b"));
    assertThatThrownBy(() -> line.apply(rest))
        .isInstanceOfSatisfying(
            DatabaseException.class, e -> assertThat(e.sqlState()).containsPattern("^(08|57)"));
    assertThat(rows("items")).isEmpty();
    line.restart();
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"), ITEMS.insert(WalTx.of(1), 2, "b"));
    assertThat(rows("items")).isEqualTo("(1,a) (2,b)");
  }

  private void awaitLockWait() {
    Awaitility.await()
        .until(
            () ->
                !database
                    .value("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
                    .equals("0"));
  }

  @Test
  void dropsAStatementThatIsStillWaitingWhenItIsClosed() throws SQLException {
    var line = items();
    try (Connection other = database.connect()) {
      other.setAutoCommit(false);
      other.createStatement().execute("lock table items");
      var running = line.applying(line.batch(ITEMS.insert(WalTx.of(1), 1, "a"))).subscribe();
      awaitLockWait();
      running.dispose();
      await(line.writer().close());
      Awaitility.await()
          .until(
              () ->
                  database
                      .value("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
                      .equals("0"));
    }
    assertThat(rows("items")).isEmpty();
    line.reclaim();
    line.apply(ITEMS.insert(WalTx.of(1), 2, "b"));
    assertThat(rows("items")).isEqualTo("(2,b)");
  }

  @Test
  void connectsAgainAfterEveryIdleConnectionWasCut() {
    var line = items();
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"));
    database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
            + " where application_name = 'creek-consumer'");
    Awaitility.await()
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              line.restart();
              line.apply(ITEMS.insert(WalTx.of(2), 2, "b"));
            });
    assertThat(rows("items")).isEqualTo("(1,a) (2,b)");
  }

  // Shapes.

  @Test
  void findsRowsByCompositeKeysAndOddNames() {
    var wire =
        TableWire.of("app", "items")
            .column("Select", "text", KEY)
            .column("order", "int4", KEY)
            .column("from", "int8");
    database.execute(
        "create schema \"Odd ns\"",
        "create table \"Odd ns\".\"My.\"\"Table $1\" (\"from\" bigint, \"order\" int, \"Select\""
            + " text, extra int default 9, primary key (\"order\", \"Select\"))");
    var line = new Line(target, wire, new TargetTable("Odd ns", "My.\"Table $1"));
    var tx = WalTx.of(1);
    line.apply(
        wire.insert(tx, "a", 1, 10L), wire.insert(tx, "b", 1, 20L), wire.insert(tx, "a", 2, 30L));
    line.apply(
        wire.update(tx, "a", 1, 11L),
        wire.update(tx, Map.of("Select", "b", "order", 1), Map.of("Select", "c", "order", 1)),
        wire.delete(tx, Map.of("Select", "a", "order", 2)));
    assertThat(rows("\"Odd ns\".\"My.\"\"Table $1\"")).isEqualTo("(,1,c,9) (11,1,a,9)");
  }

  @Test
  void neverWritesGeneratedColumnsAndKeepsIdentitiesOfTheSource() {
    var line =
        items(
            "create table items (id int generated always as identity primary key, v text,"
                + " n int generated by default as identity,"
                + " len int generated always as (length(v)) stored)");
    var tx = WalTx.of(1);
    line.apply(ITEMS.insert(tx, 41, "abc"), ITEMS.insert(tx, 42, "x"));
    line.apply(ITEMS.update(tx, 41, "ab"), ITEMS.update(tx, Map.of("id", 42), Map.of("id", 43)));
    assertThat(database.query("select id, v, len from items order by id"))
        .containsExactly(List.of("41", "ab", "2"), Arrays.asList("43", null, null));
  }

  @Test
  void takesUniqueValuesBackWhereChangesComeAgain() {
    var wire = TableWire.of("app", "items").column("id", "int4", KEY).column("slot", "int4");
    database.execute(
        "create table items (id int primary key, slot int unique deferrable, other int unique)");
    var line = new Line(target, wire);
    List<WalBytes> history = movingSlots(wire, 0);
    history.forEach(line::apply);
    // A producer was restarted, this one too, in the middle of that.
    history.subList(0, 2).forEach(line::apply);
    line.restart();
    history.subList(0, 3).forEach(line::apply);
    line.restart();
    history.subList(3, 5).forEach(line::apply);
    assertThat(rows("items")).isEqualTo("(1,,) (2,5,) (3,6,)");
    // A part of a long transaction that comes again
    line.applyPart(history.get(0));
    line.apply(wire.update(WalTx.of(1), 1, 5));
    history.forEach(line::apply);
    assertThat(rows("items")).isEqualTo("(1,,) (2,5,) (3,6,)");
    // What is new takes nothing from others.
    assertThatThrownBy(() -> line.apply(wire.insert(WalTx.of(6), 4, 5)))
        .isInstanceOfSatisfying(
            DatabaseException.class, e -> assertThat(e.sqlState()).isEqualTo("23505"));
    assertThat(rows("items")).isEqualTo("(1,,) (2,5,) (3,6,)");
  }

  /** At its end rows 1 to 3 have no slot, slot 5 and slot 6. */
  private static List<WalBytes> movingSlots(TableWire wire, long after) {
    return List.of(
        wire.insert(WalTx.of(after + 1), 1, 5),
        wire.insert(WalTx.of(after + 2), 2, 6),
        wire.update(WalTx.of(after + 3), 1, null),
        wire.update(WalTx.of(after + 4), 2, 5),
        wire.insert(WalTx.of(after + 5), 3, 6));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void takesUniqueValuesBackWhereChangesComeAgainInTheMiddleOfABatch(boolean restarted) {
    var wire = TableWire.of("app", "items").column("id", "int4", KEY).column("slot", "int4");
    database.execute("create table items (id int primary key, slot int unique)");
    var line = new Line(target, wire);
    var batch = new ArrayList<>(movingSlots(wire, 0));
    List<WalBytes> again = movingSlots(wire, 0);
    batch.add(again.get(0));
    line.apply(batch.toArray(WalBytes[]::new));
    if (restarted) {
      line.restart();
    }
    again.subList(1, 5).forEach(line::apply);
    assertThat(rows("items")).isEqualTo("(1,) (2,5) (3,6)");
  }

  @Test
  void replacesRowsWhoseIdentityCannotBeUpdated() {
    var wire =
        TableWire.of("app", "items")
            .column("id", "int4", KEY)
            .column("serial", "int4")
            .column("v", "text");
    database.execute(
        "create table items (id int primary key, serial int unique generated always as identity,"
            + " v text)",
        "create table refs (id int references items)");
    var line = new Line(target, wire);
    var tx = WalTx.of(1);
    line.apply(
        wire.insert(tx, 1, 10, "a"), wire.insert(tx, 2, 20, "b"), wire.insert(tx, 3, 30, "c"));
    database.execute("insert into refs values (1)");
    line.apply(
        wire.update(tx, 1, 10, "stays, as something refers to it"),
        wire.delete(tx, Map.of("id", 2)),
        wire.insert(tx, 2, 21, "again"),
        wire.delete(tx, Map.of("id", 3)),
        wire.insert(tx, 4, 30, "other key, same identity"));
    assertThat(rows("items"))
        .isEqualTo(
            "(1,10,\"stays, as something refers to it\") (2,21,again) (4,30,\"other key, same"
                + " identity\")");
    line.applyPart(wire.delete(tx, Map.of("id", 2)), wire.insert(tx, 2, 22, "in a part"));
    line.apply(wire.delete(tx, Map.of("id", 4)), wire.insert(tx, 4, 31, "too"));
    assertThat(rows("items"))
        .isEqualTo("(1,10,\"stays, as something refers to it\") (2,22,\"in a part\") (4,31,too)");
    line.apply(
        wire.update(tx, Map.of("id", 2), Map.of("id", 9, "serial", 22, "v", "two")),
        wire.update(tx, Map.of("id", 4), Map.of("id", 2, "serial", 31, "v", "four")),
        wire.update(tx, Map.of("id", 9), Map.of("id", 4, "serial", 22, "v", "two")));
    assertThat(database.query("select id, serial from items where id > 1 order by id"))
        .containsExactly(List.of("2", "31"), List.of("4", "22"));
    line.apply(
        wire.update(tx, Map.of("id", 2), Map.of("id", 9, "serial", 31, "v", "four")),
        wire.update(tx, Map.of("id", 4), Map.of("id", 2, "serial", 22, "v", "two")),
        wire.update(tx, Map.of("id", 9), Map.of("id", 4, "serial", 31, "v", "four")));
    // Identities that change places go change by change.
    line.apply(
        wire.delete(tx, Map.of("id", 2)),
        wire.insert(tx, 2, 99, "x"),
        wire.delete(tx, Map.of("id", 4)),
        wire.insert(tx, 4, 22, "y"),
        wire.delete(tx, Map.of("id", 2)),
        wire.insert(tx, 2, 31, "z"));
    assertThat(database.query("select id, serial from items where id > 1 order by id"))
        .containsExactly(List.of("2", "31"), List.of("4", "22"));
  }

  @Test
  void castsToTheTargetsOwnTypes() {
    var wire =
        TableWire.of("app", "items")
            .column("id", "int4", KEY)
            .column("mood", "text")
            .column("pos", "text")
            .column("addr", "text")
            .column("price", "text")
            .column("pair", "text")
            .column("big", "int4")
            .column("tags", "text[]")
            .column("doc", "json");
    database.execute(
        "create schema types",
        "create type types.mood as enum ('sad', 'Happy one')",
        "create domain types.positive as int check (value > 0)",
        "create type types.pair as (a int, b text)",
        "create table items (id bigint primary key, mood types.mood, pos types.positive, addr inet,"
            + " price money, pair types.pair, big numeric(20,2), tags varchar(3)[], doc jsonb)");
    var line = new Line(target, wire);
    line.apply(
        wire.insert(
            WalTx.of(1),
            1,
            "Happy one",
            "5",
            "10.0.0.1/8",
            "$12.34",
            "(1,\"x y\")",
            7,
            List.of("a", "b,c", "\"q"),
            "{\"k\": 1}"));
    assertThat(rows("items"))
        .isEqualTo(
            "(1,\"Happy one\",5,10.0.0.1/8,$12.34,\"(1,\"\"x y\"\")\",7.00,"
                + "\"{a,\"\"b,c\"\",\"\"\\\\\"\"q\"\"}\",\"{\"\"k\"\": 1}\")");
    var tooLong =
        line.batch(
            wire.insert(WalTx.of(2), 2, null, null, null, null, null, null, List.of("long"), null));
    assertThatThrownBy(() -> line.apply(tooLong))
        .isInstanceOfSatisfying(
            DatabaseException.class, e -> assertThat(e.sqlState()).isEqualTo("22001"));
  }

  @Test
  void findsRowsByTypesOfAnExtensionWhateverTheSearchPath() {
    var wire = TableWire.of("app", "items").column("id", "text", KEY).column("v", "int4");
    database.execute(
        "create schema ext",
        "create extension citext with schema ext",
        "create table items (id ext.citext primary key, v int)");
    var line = new Line(target, wire);
    var tx = WalTx.of(1);
    line.apply(wire.insert(tx, "Abc", 1), wire.insert(tx, "x", 2));
    line.apply(wire.update(tx, Map.of("id", "Abc"), Map.of("id", "ABC", "v", 3)));
    assertThat(rows("items")).isEqualTo("(ABC,3) (x,2)");
    line.apply(wire.delete(tx, Map.of("id", "X")));
    assertThat(rows("items")).isEqualTo("(ABC,3)");
  }

  @Test
  void keepsValuesThatAreEqualButNotTheSame() {
    var wire = TableWire.of("app", "items").column("id", "numeric(6,2)", KEY).column("v", "text");
    database.execute(
        "create table items (id numeric primary key, v text)",
        "insert into items values (1.5, 'old')");
    var line = new Line(target, wire);
    line.apply(wire.update(WalTx.of(1), "1.50", "new"));
    assertThat(rows("items")).isEqualTo("(1.50,new)");
  }

  @Test
  void writesIntoPartitionedTables() {
    var line =
        items(
            "create table items (id int primary key, v text) partition by range (id);"
                + "create table items1 partition of items for values from (0) to (10);"
                + "create table items2 partition of items for values from (10) to (20)");
    var tx = WalTx.of(1);
    line.apply(ITEMS.insert(tx, 1, "a"), ITEMS.insert(tx, 11, "b"));
    line.apply(
        ITEMS.update(tx, Map.of("id", 1), Map.of("id", 12, "v", "a")),
        ITEMS.delete(tx, Map.of("id", 11)));
    assertThat(rows("items2")).isEqualTo("(12,a)");
    line.apply(ITEMS.truncate(tx));
    assertThat(rows("items")).isEmpty();
  }

  @Test
  void writesOneColumnAndAHundred() {
    var one = TableWire.of("app", "one").column("id", "int4", KEY);
    database.execute("create table one (id int primary key)");
    var oneLine = new Line(target, one);
    oneLine.apply(one.insert(WalTx.of(1), 1), one.insert(WalTx.of(1), 2));
    oneLine.apply(one.insert(WalTx.of(1), 1), one.delete(WalTx.of(1), Map.of("id", 2)));
    assertThat(rows("one")).isEqualTo("(1)");

    var wide = TableWire.of("app", "wide").column("c0", "int4", KEY);
    for (int i = 1; i < 100; i++) {
      wide = wide.column("c" + i, i % 2 == 0 ? "text" : "int8");
    }
    database.execute(
        "create table wide (c0 int primary key, "
            + String.join(
                ", ",
                IntStream.range(1, 100)
                    .mapToObj(i -> "c" + i + (i % 2 == 0 ? " text" : " bigint"))
                    .toList())
            + ")");
    var line = new Line(target, wide);
    var row = new ArrayList<Object>(Collections.nCopies(100, null));
    row.set(0, 1);
    row.set(98, "x");
    row.set(99, 99L);
    line.apply(wide.insert(WalTx.of(1), row.toArray()));
    assertThat(database.query("select c0, c1, c98, c99 from wide"))
        .containsExactly(Arrays.asList("1", null, "x", "99"));
  }

  @Test
  void survivesManyOpenLinesOnFewConnections() {
    target = connect(DatabaseOptions.builder(database.uri(), Map.of()).poolSize(2).build());
    var lines =
        IntStream.range(0, 6)
            .mapToObj(
                i -> {
                  database.execute("create table t" + i + " (id int primary key, v text)");
                  var wire =
                      TableWire.of("app", "t" + i).column("id", "int4", KEY).column("v", "text");
                  return new Line(target, wire);
                })
            .toList();
    var all =
        Flux.fromIterable(lines)
            .flatMap(
                line ->
                    Flux.range(0, 50)
                        .concatMap(
                            n -> line.applying(line.batch(line.wire.insert(WalTx.of(n), n, "x")))),
                6);
    assertThat(await(all)).hasSize(300);
    lines.forEach(line -> assertThat(line.stored().sequence()).isEqualTo(50));
  }
}
