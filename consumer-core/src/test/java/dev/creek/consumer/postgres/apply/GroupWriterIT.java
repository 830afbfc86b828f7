package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.postgres.Group;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.stream.FencedException;
import dev.creek.consumer.stream.PartException;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Identity;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/** Batches of several tables, each in one target transaction. */
final class GroupWriterIT {
  private static final TableWire ORDERS = wire("orders");
  private static final TableWire ITEMS = wire("items");
  private static final TableWire LOG =
      TableWire.of("app", "log").column("n", "int4").column("v", "text").identity(Identity.FULL);

  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(15);

  private Group group;
  private Line orders;
  private Line items;
  private Line log;

  private static TableWire wire(String name) {
    return TableWire.of("app", name).column("id", "int4", KEY).column("v", "text");
  }

  @BeforeEach
  void open() {
    group = new Group(database.target());
  }

  private void tables() {
    tables(
        "create table orders (id int primary key, v text)",
        "create table items (id int primary key, v text)",
        "create table log (n int, v text)");
  }

  private void tables(String... ddl) {
    database.execute(ddl);
    orders = database.line(ORDERS);
    items = database.line(ITEMS);
    log = database.line(LOG);
    database.unmark();
  }

  private String rows() {
    return "orders: %s; items: %s; log: %s"
        .formatted(database.rows("orders"), database.rows("items"), database.rows("log"));
  }

  private String marks() {
    return database.value(
        "select coalesce(string_agg(target || ' ' || cause, ', ' order by target), '')"
            + " from _creek_consumer.incompleteness");
  }

  private String positions() {
    return database.value(
        "select string_agg(coalesce(stream_seq, 0)::text, ' ' order by target desc)"
            + " from _creek_consumer.subscriptions");
  }

  private static WalBytes delete(TableWire wire, WalTx tx, int id) {
    return wire.delete(tx, Map.of("id", id));
  }

  private static String idleInTransaction() {
    return database.value(
        "select count(*) from pg_stat_activity where state like 'idle in transaction%'");
  }

  private static void assertCulprit(ThrowingCallable call, Line line, Consumer<Throwable> cause) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            PartException.class,
            e -> {
              assertThat(e.writer()).isSameAs(line.writer());
              cause.accept(e.getCause());
            });
  }

  private static Consumer<Throwable> state(String state) {
    return cause ->
        assertThat(cause)
            .isInstanceOfSatisfying(
                DatabaseException.class, e -> assertThat(e.sqlState()).isEqualTo(state));
  }

  @Test
  void writesSeveralTablesAndTheirPositionsInOneTransaction() {
    tables();
    var tx = WalTx.of(1);
    List<Applied> applied =
        group
            .with(orders, ORDERS.insert(tx, 1, "o"))
            .with(items, ITEMS.insert(tx, 1, "a"), ITEMS.insert(tx, 2, "b"))
            .with(log, LOG.insert(tx, 7, "x"))
            .apply();
    assertThat(applied).extracting(Applied::inserts).containsExactly(1L, 2L, 1L);
    assertThat(rows()).isEqualTo("orders: (1,o); items: (1,a) (2,b); log: (7,x)");
    assertThat(positions()).isEqualTo("1 1 2");
    assertThat(
            database.value(
                "select count(distinct xmin::text) from (select xmin from orders"
                    + " union all select xmin from items union all select xmin from log"
                    + " union all select xmin from _creek_consumer.subscriptions) as x"))
        .isEqualTo("1");
    tx = WalTx.of(2);
    group
        .with(items, ITEMS.update(tx, 1, "A"), delete(ITEMS, tx, 2))
        .with(orders, ORDERS.update(tx, Map.of("id", 1), ORDERS.row(3, "moved")))
        .with(log, LOG.update(tx, LOG.row(7, "x"), LOG.row(8, "y")), LOG.insert(tx, 9, "z"))
        .apply();
    assertThat(rows()).isEqualTo("orders: (3,moved); items: (1,A); log: (8,y) (9,z)");
    assertThat(marks()).isEmpty();
    assertThat(idleInTransaction()).isEqualTo("0");
  }

  @Test
  void aTableByItselfIsOneStatement() {
    tables();
    group.with(orders, ORDERS.insert(WalTx.of(1), 1, "o")).apply();
    group.with(items, ITEMS.insert(WalTx.of(2), 1, "a")).with(orders).apply();
    assertThat(rows()).isEqualTo("orders: (1,o); items: (1,a); log: ");
    assertThat(positions()).isEqualTo("1 0 1");
  }

  @Test
  void keepsALongTransactionOpenOverCallsWithDifferentTables() {
    tables();
    var tx = WalTx.of(1);
    assertThat(group.with(orders, ORDERS.insert(tx, 1, "o")).applyPart()).isNull();
    assertThat(
            group
                .with(items, ITEMS.insert(tx, 1, "a"))
                .with(log, LOG.insert(tx, 1, "x"), LOG.insert(tx, 2, "y"))
                .applyPart())
        .isNull();
    assertThat(
            group
                .with(log, LOG.delete(tx, LOG.row(1, "x")))
                .with(items, ITEMS.truncate(tx), ITEMS.insert(tx, 2, "b"))
                .applyPart())
        .isNull();
    // TRUNCATE keeps others from reading items.
    assertThat(database.rows("orders") + database.rows("log")).isEmpty();
    var applied =
        group
            .with(orders)
            .with(log, LOG.insert(tx, 3, "z"))
            .with(items, ITEMS.insert(WalTx.of(2), 3, "c"))
            .apply();
    assertThat(rows()).isEqualTo("orders: (1,o); items: (2,b) (3,c); log: (2,y) (3,z)");
    assertThat(applied).extracting(Applied::inserts).containsExactly(1L, 3L, 3L);
    assertThat(positions()).isEqualTo("1 4 4");
    assertThat(database.value("select max(tx_id) from _creek_consumer.subscriptions"))
        .isEqualTo(Long.toString(tx.id()));
    group.with(orders, ORDERS.insert(WalTx.of(3), 2, "p")).with(items).apply();
    assertThat(database.rows("orders")).isEqualTo("(1,o) (2,p)");
  }

  @Test
  void provesRepetitionsAlsoIfTheTransactionEndsWithoutChanges() {
    tables();
    var tx = WalTx.of(1);
    group.with(log, LOG.insert(tx, 1, "x")).applyPart();
    group.with(log).with(orders, ORDERS.insert(tx, 1, "o")).apply();
    group.restart(orders, items, log);
    group.with(log, LOG.insert(WalTx.of(2), 2, "y")).with(orders).apply();
    group.with(log, LOG.insert(tx, 1, "x")).with(orders).apply();
    assertThat(database.rows("log")).isEqualTo("(1,x) (2,y)");
  }

  @Test
  void refusesToEndATransactionWithoutOneOfItsTables() {
    tables();
    group.with(orders, ORDERS.insert(WalTx.of(1), 1, "o")).applyPart();
    assertThatThrownBy(() -> group.with(items, ITEMS.insert(WalTx.of(1), 1, "a")).apply())
        .isInstanceOf(IllegalArgumentException.class);
    await(group.writer().close());
    assertThat(rows()).isEqualTo("orders: ; items: ; log: ");
    assertThat(idleInTransaction()).isEqualTo("0");
  }

  @Test
  void missingRowsAreWrittenCountedAndMarkedForTheirTable() {
    tables();
    group
        .with(orders, ORDERS.insert(WalTx.of(1), 1, "o"))
        .with(items, ITEMS.insert(WalTx.of(1), 1, "a"))
        .apply();
    var tx = WalTx.of(2);
    var applied =
        group
            .with(orders, ORDERS.update(tx, 1, "p"))
            .with(items, ITEMS.update(tx, 2, "b"), delete(ITEMS, tx, 3))
            .with(log, LOG.insert(tx, 1, "x"))
            .apply();
    assertThat(applied).extracting(Applied::missed).containsExactly(0L, 2L, 0L);
    assertThat(rows()).isEqualTo("orders: (1,p); items: (1,a) (2,b); log: (1,x)");
    assertThat(marks()).isEqualTo("public.items missed_rows");
    assertThat(
            database.value(
                "select rows_applied from _creek_consumer.subscriptions where target = 'public.items'"))
        .isEqualTo("3");
  }

  @Test
  void changesThatComeAgainMissNothing() {
    tables();
    var first = WalTx.of(1);
    var second = WalTx.of(2);
    for (int i = 0; i < 2; i++) {
      group
          .with(orders, ORDERS.insert(first, 1, "o"))
          .with(items, ITEMS.insert(first, 1, "a"))
          .apply();
      group
          .with(orders, ORDERS.update(second, Map.of("id", 1), ORDERS.row(2, "o")))
          .with(items, delete(ITEMS, second, 1))
          .apply();
      group.restart(orders, items, log);
    }
    assertThat(rows()).isEqualTo("orders: (2,o); items: ; log: ");
    assertThat(marks()).isEmpty();
  }

  @Test
  void manyNewRowsAreCopiedAndExistingOnesOverwritten() {
    tables();
    var tx = WalTx.of(1);
    WalBytes[] many =
        IntStream.range(0, 600).mapToObj(i -> ITEMS.insert(tx, i, "x")).toArray(WalBytes[]::new);
    group.with(orders, ORDERS.insert(tx, 1, "o")).with(items, many).apply();
    assertThat(database.value("select count(*) from items where v = 'x'")).isEqualTo("600");
    group.restart(orders, items, log);
    var again = WalTx.of(2);
    WalBytes[] more =
        IntStream.range(300, 900)
            .mapToObj(i -> ITEMS.insert(again, i, "y"))
            .toArray(WalBytes[]::new);
    group.with(orders, ORDERS.insert(again, 2, "p")).with(items, more).apply();
    assertThat(
            database.value(
                "select string_agg(v || n, ' ' order by v) from"
                    + " (select v, count(*) as n from items group by v) as g"))
        .isEqualTo("x300 y600");
    assertThat(database.rows("orders")).isEqualTo("(1,o) (2,p)");
  }

  @Test
  void namesTheTableThatRefusesAndLeavesTheOthersUsable() {
    tables(
        "create table orders (id int primary key, v text)",
        "create table items (id int primary key, v text constraint no_bad check (v <> 'bad'))",
        "create table log (n int, v text)");
    var tx = WalTx.of(1);
    assertCulprit(
        () ->
            group
                .with(orders, ORDERS.insert(tx, 1, "o"))
                .with(items, ITEMS.insert(tx, 1, "bad"))
                .apply(),
        items,
        cause ->
            assertThat(cause)
                .isInstanceOfSatisfying(
                    DatabaseException.class,
                    e -> {
                      assertThat(e.sqlState()).isEqualTo("23514");
                      assertThat(e).hasMessageStartingWith("public.items: ");
                      assertThat(e.hint()).contains("DROP CONSTRAINT no_bad");
                    }));
    assertThat(rows()).isEqualTo("orders: ; items: ; log: ");
    assertThat(positions()).isEqualTo("0 0 0");
    for (Line line : List.of(orders, items)) {
      assertThatThrownBy(() -> line.apply(line.batch())).isInstanceOf(IllegalStateException.class);
    }
    group.with(log, LOG.insert(tx, 1, "x")).apply();
    orders.restart();
    group.with(log, LOG.insert(tx, 2, "y")).with(orders, ORDERS.insert(tx, 1, "o")).apply();
    assertThat(rows()).isEqualTo("orders: (1,o); items: ; log: (1,x) (2,y)");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void writesNothingOfATransactionOnceATableOfItIsClaimedByAnother(boolean whole) {
    tables();
    if (!whole) {
      group.with(orders, ORDERS.insert(WalTx.of(1), 1, "o")).applyPart();
    }
    await(database.target().tables().claim(items.mapping));
    var parts =
        group
            .with(orders, ORDERS.insert(WalTx.of(1), 2, "o"))
            .with(items, ITEMS.insert(WalTx.of(1), 1, "a"))
            .with(log, LOG.insert(WalTx.of(1), 1, "x"));
    assertCulprit(
        parts::apply, items, cause -> assertThat(cause).isInstanceOf(FencedException.class));
    assertThat(rows()).isEqualTo("orders: ; items: ; log: ");
    assertThat(positions()).isEqualTo("0 0 0");
    assertThat(idleInTransaction()).isEqualTo("0");
  }

  @Test
  void aCommitThatADeferredConstraintRefusesIsThatTablesPart() {
    tables(
        "create table parents (id int primary key)",
        "create table orders (id int primary key, v text)",
        "create table items (id int primary key references parents deferrable initially deferred,"
            + " v text) partition by range (id)",
        "create table items1 partition of items for values from (0) to (100)",
        "create table log (n int, v text)");
    var tx = WalTx.of(1);
    assertCulprit(
        () ->
            group
                .with(orders, ORDERS.insert(tx, 1, "o"))
                .with(items, ITEMS.insert(tx, 1, "a"))
                .apply(),
        items,
        state("23503"));
    assertThat(rows()).isEqualTo("orders: ; items: ; log: ");
    group.restart(orders, items);
    group.with(items, ITEMS.insert(tx, 1, "a")).applyPart();
    assertCulprit(
        () -> group.with(items).with(orders, ORDERS.insert(tx, 1, "o")).apply(),
        items,
        cause ->
            assertThat(cause)
                .isInstanceOfSatisfying(
                    DatabaseException.class, e -> assertThat(e.hint()).contains("ALTER TABLE")));
    assertThat(rows()).isEqualTo("orders: ; items: ; log: ");
  }

  @Test
  void aSessionThatIsKilledIsNobodysPart() throws SQLException {
    tables();
    try (Connection other = database.openConnection()) {
      other.setAutoCommit(false);
      other.createStatement().execute("lock table items in share mode");
      var failing =
          group
              .with(orders, ORDERS.insert(WalTx.of(1), 1, "o"))
              .with(items, ITEMS.insert(WalTx.of(1), 1, "a"))
              .applying(true)
              .toFuture();
      awaitLockWait();
      other
          .createStatement()
          .execute(
              "select pg_terminate_backend(pid) from pg_stat_activity"
                  + " where wait_event_type = 'Lock' and datname = current_database()");
      assertThatThrownBy(() -> await(Mono.fromFuture(failing)))
          .isInstanceOfSatisfying(
              DatabaseException.class, e -> assertThat(e.sqlState()).startsWith("57"));
    }
    assertThat(rows()).isEqualTo("orders: ; items: ; log: ");
    group.restart(orders, items);
    group
        .with(orders, ORDERS.insert(WalTx.of(1), 1, "o"))
        .with(items, ITEMS.insert(WalTx.of(1), 1, "a"))
        .apply();
    assertThat(rows()).isEqualTo("orders: (1,o); items: (1,a); log: ");
  }

  private static void awaitLockWait() {
    Awaitility.await().until(() -> !lockWaits().equals("0"));
  }

  private static String lockWaits() {
    return database.value("select count(*) from pg_stat_activity where wait_event_type = 'Lock'");
  }

  @Test
  void dropsAStatementThatIsStillWaitingWhenItIsClosed() throws SQLException {
    tables();
    for (boolean several : new boolean[] {true, false}) {
      try (Connection other = database.openConnection()) {
        other.setAutoCommit(false);
        other.createStatement().execute("lock table items");
        var parts = group.with(items, ITEMS.insert(WalTx.of(1), 1, "a"));
        if (several) {
          parts = parts.with(orders, ORDERS.insert(WalTx.of(1), 1, "o"));
        }
        var running = parts.applying(true).subscribe();
        awaitLockWait();
        running.dispose();
        await(group.writer().close());
        Awaitility.await().until(() -> lockWaits().equals("0"));
      }
      assertThat(rows()).isEqualTo("orders: ; items: ; log: ");
      group.restart(orders, items);
    }
  }

  @Test
  void theSameTablesAgainAreOneStatementWithTheSameResult() {
    tables();
    for (int n = 1; n <= 4; n++) {
      var tx = WalTx.of(n);
      group
          .with(orders, ORDERS.insert(tx, n, "o"))
          .with(items, ITEMS.insert(tx, n, "a"), ITEMS.insert(tx, -n, "b"))
          .with(log, LOG.insert(tx, n, "x"))
          .apply();
      assertThat(positions()).isEqualTo("%1$d %1$d %2$d".formatted(n, 2 * n));
    }
    assertThat(rows())
        .isEqualTo(
            "orders: (1,o) (2,o) (3,o) (4,o); items: (-1,b) (-2,b) (-3,b) (-4,b) (1,a) (2,a) (3,a)"
                + " (4,a); log: (1,x) (2,x) (3,x) (4,x)");
    assertThat(
            database.value(
                "select tx_id || ' ' || tx_applied || ' ' || tx_seen from"
                    + " _creek_consumer.subscriptions where target = 'public.log'"))
        .isEqualTo(WalTx.of(4).id() + " 1 1");
    assertThat(database.value("select count(tx_id) from _creek_consumer.subscriptions"))
        .isEqualTo("1");
    for (int n = 5; n <= 7; n++) {
      var tx = WalTx.of(n);
      group
          .with(orders, ORDERS.update(tx, Map.of("id", n - 4), ORDERS.row(n + 10, "moved")))
          .with(items, ITEMS.update(tx, n - 4, "A"), delete(ITEMS, tx, 4 - n))
          .with(log, LOG.insert(tx, n, "y"))
          .apply();
    }
    assertThat(database.rows("orders")).isEqualTo("(15,moved) (16,moved) (17,moved) (4,o)");
    assertThat(database.rows("items")).isEqualTo("(-4,b) (1,A) (2,A) (3,A) (4,a)");
    assertThat(marks()).isEmpty();
    var tx = WalTx.of(8);
    var applied =
        group
            .with(orders, ORDERS.update(tx, Map.of("id", 4), ORDERS.row(18, "moved")))
            .with(items, ITEMS.update(tx, 99, "missing"), delete(ITEMS, tx, -4))
            .with(log, LOG.insert(tx, 8, "y"))
            .apply();
    assertThat(applied).extracting(Applied::missed).containsExactly(0L, 1L, 0L);
    assertThat(marks()).isEqualTo("public.items missed_rows");
    assertThat(database.value("select count(*) from log")).isEqualTo("8");
    await(database.target().tables().claim(items.mapping));
    var late =
        group
            .with(orders, ORDERS.insert(WalTx.of(9), 9, "o"))
            .with(items, ITEMS.insert(WalTx.of(9), 9, "a"), ITEMS.insert(WalTx.of(9), -9, "b"))
            .with(log, LOG.insert(WalTx.of(9), 9, "x"));
    var before = rows() + positions();
    assertCulprit(
        late::apply, items, cause -> assertThat(cause).isInstanceOf(FencedException.class));
    assertThat(rows() + positions()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "on delete cascade",
        "on delete restrict",
        "on delete set null",
        "deferrable initially deferred"
      })
  void foreignKeysBetweenTablesOfABatchHoldWhateverTheirOrder(String action) {
    tables(
        "create table orders (id int primary key, v text)",
        "create table items (id int primary key, v text, \"order\" int references orders "
            + action
            + ", parent int references items "
            + action
            + ")",
        "create table log (n int, v text)");
    var wire = ITEMS.column("order", "int4").column("parent", "int4");
    var lines = new Line(database.target(), wire);
    database.unmark();
    for (int n = 0; n < 3; n++) {
      var tx = WalTx.of(10 * n + 1);
      group
          .with(lines, wire.insert(tx, 2, "a", 1, 1), wire.insert(tx, 1, "b", 1, null))
          .with(log, LOG.insert(tx, n, "x"))
          .with(orders, ORDERS.insert(tx, 1, "o"))
          .apply();
      assertThat(database.rows("items")).isEqualTo("(1,b,1,) (2,a,1,1)");
      tx = WalTx.of(10 * n + 2);
      group
          .with(orders, ORDERS.insert(tx, 2, "p"), delete(ORDERS, tx, 1))
          .with(lines, wire.update(tx, 1, "c", 2, null), delete(wire, tx, 2))
          .apply();
      assertThat(database.rows("orders") + database.rows("items")).isEqualTo("(2,p)(1,c,2,)");
      tx = WalTx.of(10 * n + 3);
      group
          .with(orders, delete(ORDERS, tx, 2))
          .with(lines, delete(wire, tx, 1))
          .with(log, LOG.insert(tx, n, "y"))
          .apply();
      assertThat(database.rows("orders") + database.rows("items")).isEmpty();
    }
    assertThat(database.value("select count(*) from log")).isEqualTo("6");
    assertThat(marks()).isEmpty();
    assertCulprit(
        () ->
            group
                .with(lines, wire.insert(WalTx.of(99), 3, "a", 7, null))
                .with(orders, ORDERS.insert(WalTx.of(99), 8, "o"))
                .apply(),
        lines,
        state("23503")
            .andThen(e -> assertThat(e).hasMessageContaining("which refers to public.orders")));
    assertThat(database.rows("orders")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "on delete restrict", "deferrable initially deferred"})
  void foreignKeysHoldInThePartsOfALongTransactionWhateverTheirOrder(String action) {
    tables(
        "create table orders (id int primary key, v text)",
        "create table items (id int primary key, v text, \"order\" int references orders "
            + action
            + ")",
        "create table log (n int, v text, item int references items " + action + ")");
    var wire = ITEMS.column("order", "int4");
    var lines = new Line(database.target(), wire);
    var logged = LOG.column("item", "int4");
    var notes = new Line(database.target(), logged);
    database.unmark();
    var tx = WalTx.of(1);
    group
        .with(notes, logged.insert(tx, 1, "x", 1))
        .with(lines, wire.insert(tx, 1, "a", 1))
        .with(orders, ORDERS.insert(tx, 1, "o"))
        .applyPart();
    group
        .with(lines, wire.insert(tx, 2, "b", 1), wire.insert(tx, 3, "c", 2))
        .with(orders, ORDERS.insert(tx, 2, "p"))
        .applyPart();
    group
        .with(orders, delete(ORDERS, tx, 1))
        .with(lines, wire.update(tx, 1, "a", 2), delete(wire, tx, 2))
        .with(notes)
        .apply();
    assertThat(database.rows("orders") + database.rows("items") + database.rows("log"))
        .isEqualTo("(2,p)(1,a,2) (3,c,2)(1,x,1)");
    assertThat(marks()).isEmpty();
  }

  /** The source has a key with ON UPDATE CASCADE, and a batch ends within the statement. */
  @Test
  void aDeferrableForeignKeyHoldsAtTheEndOfALongTransaction() {
    tables(
        "create table orders (id int primary key, v text)",
        "create table items (id int primary key, v text, \"order\" int references orders deferrable)",
        "create table log (n int, v text)");
    var wire = ITEMS.column("order", "int4");
    var lines = new Line(database.target(), wire);
    database.unmark();
    var tx = WalTx.of(1);
    group.with(orders, ORDERS.insert(tx, 1, "o")).with(lines, wire.insert(tx, 1, "a", 1)).apply();
    tx = WalTx.of(2);
    group.with(orders, ORDERS.update(tx, Map.of("id", 1), ORDERS.row(2, "o"))).applyPart();
    group.with(orders).with(lines, wire.update(tx, 1, "a", 2)).apply();
    assertThat(database.rows("orders") + database.rows("items")).isEqualTo("(2,o)(1,a,2)");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void foreignKeysHoldBesideATableThatIsWrittenChangeByChange(boolean whole) {
    tables(
        "create table orders (id int primary key, v text)",
        "create table items (id int primary key, v text, \"order\" int references orders)",
        "create table log (n int, v text, item int references items)");
    var wire = ITEMS.column("order", "int4");
    var lines = new Line(database.target(), wire);
    var logged = LOG.column("item", "int4");
    var notes = new Line(database.target(), logged);
    database.unmark();
    var tx = WalTx.of(1);
    group
        .with(notes, logged.insert(tx, 1, "x", 1))
        .with(lines, wire.insert(tx, 1, "a", 1))
        .with(orders, ORDERS.insert(tx, 1, "o"))
        .apply();
    var end = group.with(orders).with(lines).with(notes);
    // Another key for the parent, and a row that has none.
    tx = WalTx.of(2);
    write(
        whole,
        group
            .with(orders, ORDERS.update(tx, Map.of("id", 1), ORDERS.row(2, "o")))
            .with(lines, wire.update(tx, 1, "a", 2))
            .with(notes, logged.update(tx, logged.row(1, "x", 1), logged.row(1, "y", 1))),
        end);
    assertThat(database.rows("orders") + database.rows("items") + database.rows("log"))
        .isEqualTo("(2,o)(1,a,2)(1,y,1)");
    // The row without a key goes before its parent does.
    tx = WalTx.of(3);
    write(
        whole,
        group
            .with(orders, delete(ORDERS, tx, 2))
            .with(lines, delete(wire, tx, 1))
            .with(notes, logged.delete(tx, logged.row(1, "y", 1))),
        end);
    assertThat(database.rows("orders") + database.rows("items") + database.rows("log")).isEmpty();
    assertThat(marks()).isEmpty();
  }

  private void write(boolean whole, Group.Parts parts, Group.Parts end) {
    if (whole) {
      parts.apply();
    } else {
      parts.applyPart();
      end.apply();
    }
  }

  @Test
  void missingRowsOfTiedTablesAreCountedInsideALongTransaction() {
    tables(
        "create table orders (id int primary key, v text)",
        "create table items (id int primary key, v text, \"order\" int references orders)",
        "create table log (n int, v text)");
    var wire = ITEMS.column("order", "int4");
    var lines = new Line(database.target(), wire);
    database.unmark();
    var tx = WalTx.of(1);
    group
        .with(orders, ORDERS.insert(tx, 1, "o"))
        .with(lines, wire.insert(tx, 1, "a", 1), delete(wire, tx, 7))
        .applyPart();
    group.with(orders).with(lines).apply();
    assertThat(database.rows("orders") + database.rows("items")).isEqualTo("(1,o)(1,a,1)");
    assertThat(marks()).isEqualTo("public.items missed_rows");
  }

  @Test
  void movesIdleTablesInOneStatementAndTellsWhoseClaimsAreOver() {
    tables();
    orders.apply(ORDERS.insert(WalTx.of(1), 1, "o"));
    var to = orders.batch(ORDERS.insert(WalTx.of(2), 2, "p")).position();
    await(database.target().tables().claim(items.mapping));
    var held =
        await(
            group.writer().move(Map.of(orders.writer(), to, items.writer(), to, log.writer(), to)));
    assertThat(held).containsExactlyInAnyOrder(orders.writer(), log.writer());
    assertThat(positions()).isEqualTo("2 2 0");
    assertThat(orders.stored()).isEqualTo(to);
    assertThatThrownBy(() -> items.apply(items.batch())).isInstanceOf(IllegalStateException.class);
    group
        .with(orders, ORDERS.insert(WalTx.of(3), 3, "q"))
        .with(log, LOG.insert(WalTx.of(3), 1, "x"))
        .apply();
    assertThat(rows()).isEqualTo("orders: (1,o) (3,q); items: ; log: (1,x)");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 33, 300})
  void writesAnyNumberOfTables(int tables) {
    var lines = new ArrayList<Line>();
    for (int i = 0; i < tables; i++) {
      database.execute("create table t%d (id int primary key, v text)".formatted(i));
      lines.add(database.line(wire("t" + i)));
    }
    for (int n = 1; n <= 3; n++) {
      var tx = WalTx.of(n);
      var parts = group.with(lines.get(0));
      for (Line line : lines) {
        parts = parts.with(line, line.wire.insert(tx, n, "a"), line.wire.insert(tx, -n, "b"));
      }
      assertThat(parts.apply()).hasSize(tables);
    }
    for (Line line : lines) {
      assertThat(database.rows(line.wire.source().table()))
          .isEqualTo("(-1,b) (-2,b) (-3,b) (1,a) (2,a) (3,a)");
    }
    assertThat(
            database.value(
                "select count(*) from _creek_consumer.subscriptions where stream_seq = 6"))
        .isEqualTo(Integer.toString(tables));
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 40})
  void foreignKeysHoldAmongAnyNumberOfTables(int tables) {
    var lines = new ArrayList<Line>();
    for (int i = 0; i < tables; i++) {
      database.execute(
          "create table t%d (id int primary key%s, v text)"
              .formatted(i, i == 1 ? " references t0" : ""));
      lines.add(database.line(wire("t" + i)));
    }
    for (int n = 1; n <= 3; n++) {
      var tx = WalTx.of(n);
      // The child first.
      var parts = group.with(lines.get(1), lines.get(1).wire.insert(tx, n, "a"));
      for (Line line : lines) {
        if (line != lines.get(1)) {
          parts = parts.with(line, line.wire.insert(tx, n, "a"));
        }
      }
      assertThat(parts.apply()).hasSize(tables);
    }
    for (Line line : lines) {
      assertThat(database.rows(line.wire.source().table())).isEqualTo("(1,a) (2,a) (3,a)");
    }
  }
}
