package dev.creek.consumer.postgres.position;

import static dev.creek.consumer.postgres.Load.row;
import static dev.creek.consumer.postgres.Waiting.await;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.Load;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.postgres.PostgresVersions;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What others do to a target table: whether its rows may be gone, and when they are not. */
final class KnownTargetIT {
  private static final TableWire ITEMS =
      TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");

  private static final TableWire WITHOUT_V = TableWire.of("app", "items").column("id", "int4", KEY);

  @RegisterExtension static final PostgresVersions postgres = new PostgresVersions();

  private PostgresDatabase database;
  private PostgresTarget target;
  private Line line;
  private int next;

  @BeforeEach
  void open() {
    database = postgres.database(17);
    target = postgres.connect(database);
    next = 1;
  }

  /** Followed, filled, and known. */
  private void filled(String ddl) {
    database.execute(ddl);
    line = new Line(target, ITEMS);
    database.execute("delete from _creek_consumer.incompleteness");
    write();
    write();
    look();
    assertThat(causes()).isEmpty();
  }

  private void filled() {
    filled("create table items (id int primary key, v text)");
  }

  private void write() {
    line.apply(ITEMS.insert(WalTx.of(100 + next), next, "v" + next));
    next++;
  }

  /** As the service does every few seconds. */
  private void look() {
    await(target.tables().look(List.of(line.claim())));
  }

  private List<String> causes() {
    return database
        .query(
            "select rtrim(cause || ' ' || detail) from _creek_consumer.incompleteness order by 1")
        .stream()
        .map(found -> found.get(0))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "vacuum full items",
        "cluster items using items_pkey",
        "alter table items alter column v type varchar(40)",
        "alter table items alter column id type int8",
        "alter table items add column more uuid default gen_random_uuid()",
        "alter table items rename column v to w; alter table items rename column w to v",
        "alter table items set unlogged",
        "analyze items",
        "delete from items"
      })
  void whatKeepsTheTableMarksNothing(String statement) {
    filled();
    database.execute(statement);
    look();
    line.restart();
    write();
    look();
    assertThat(causes()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "drop table items",
        "drop table items; create table items (id int primary key, v text)",
        "alter table items rename to old_items; create table items (id int primary key, v text)",
        "truncate items",
        "begin; create temporary table kept as table items; truncate items; insert into items table kept; commit"
      })
  void whatTakesTheRowsAwayIsSeenWhileTheTableIsIdle(String statement) {
    filled();
    database.execute(statement);
    look();
    assertThat(causes()).containsExactly("recreated");
    look();
    assertThat(causes()).as("once").containsExactly("recreated");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "drop table items; create table items (id int primary key, v text)",
        "truncate items",
        "create table fresh (like items including all); drop table items; alter table fresh rename to items"
      })
  void theSameBetweenTwoRunsAndWithRowsSince(String statement) {
    filled();
    database.execute(statement);
    line.restart();
    write();
    assertThat(causes()).containsExactly("recreated");
  }

  @Test
  void aPartitionThatIsGoneOrEmptiedIsSeenAndOneThatIsNewIsNot() {
    filled(
        "create table items (id int primary key, v text) partition by range (id); create table items_1 partition of items for values from (0) to (100)");
    database.execute("create table items_2 partition of items for values from (100) to (200)");
    look();
    assertThat(causes()).isEmpty();
    database.execute("truncate items_1");
    look();
    assertThat(causes()).containsExactly("recreated");
    database.execute("delete from _creek_consumer.incompleteness", "drop table items_2");
    look();
    assertThat(causes()).containsExactly("recreated");
  }

  @Test
  void aTruncateOfTheSourceIsNoneOfOthersAndLeavesNothingInDoubt() {
    filled();
    await(
        target
            .tables()
            .mark(line.claim(), new Incompleteness(Incompleteness.Cause.MISSED_ROWS, "why")));
    line.apply(
        ITEMS.insert(WalTx.of(200), 50, "a"),
        ITEMS.truncate(WalTx.of(200)),
        ITEMS.insert(WalTx.of(200), 51, "b"));
    assertThat(causes()).isEmpty();
    look();
    assertThat(causes()).isEmpty();
    line.restart();
    write();
    assertThat(causes()).isEmpty();
    database.execute("truncate items");
    look();
    assertThat(causes()).containsExactly("recreated");
  }

  @Test
  void aColumnThatCameToRowsIsNamed() {
    filled();
    database.execute(
        "alter table items drop column v", "alter table items add column v text default 'x'");
    line.restart();
    write();
    assertThat(causes()).containsExactly("column v");
  }

  @Test
  void theSameInOneMomentWhereNoChangeFails() {
    filled();
    database.execute(
        "begin; alter table items drop column v; alter table items add column v text; commit");
    look();
    assertThat(causes()).containsExactly("column v");
    look();
    write();
    assertThat(causes()).containsExactly("column v");
  }

  @Test
  void aColumnThatTheSourceAddsOrBringsBackIsNamed() {
    filled();
    TableWire wider = ITEMS.column("more", "int4");
    database.execute("alter table items add column more int");
    look();
    assertThat(causes()).as("nobody writes it yet").isEmpty();
    switchTo(wider);
    line.apply(wider.insert(WalTx.of(300), 60, "a", 1));
    assertThat(causes()).containsExactly("column more");
    database.execute(
        "delete from _creek_consumer.incompleteness",
        "select _creek_consumer.set_schema_changes('public.items', 'add')");
    switchTo(WITHOUT_V);
    line.apply(WITHOUT_V.insert(WalTx.of(301), 61));
    assertThat(causes()).as("a column that nobody writes any more").isEmpty();
    switchTo(ITEMS);
    line.apply(ITEMS.insert(WalTx.of(302), 62, "a"));
    assertThat(causes()).as("its old rows hold what was there before").containsExactly("column v");
  }

  @Test
  void aColumnThatCameToNoRowsOrWasRenamedMarksNothing() {
    filled();
    database.execute(
        "delete from items",
        "alter table items drop column v",
        "alter table items add column v text");
    line.restart();
    write();
    assertThat(causes()).isEmpty();
    database.execute("alter table items rename column v to w");
    TableWire renamed = TableWire.of("app", "items").column("id", "int4", KEY).column("w", "text");
    switchTo(renamed);
    line.apply(renamed.insert(WalTx.of(400), 70, "a"));
    assertThat(causes()).isEmpty();
  }

  @Test
  void aSnapshotMakesItsTableTheKnownOne() {
    filled();
    database.execute("drop table items");
    look();
    assertThat(causes()).containsExactly("recreated");
    Load.of(target, ITEMS, SnapshotMode.CLEAN, List.<Object[]>of(row(1, "a")));
    assertThat(causes()).isEmpty();
    line.restart();
    look();
    write();
    look();
    assertThat(causes()).isEmpty();
    Load.of(target, ITEMS, SnapshotMode.CLEAN, List.<Object[]>of(row(1, "b")));
    line.restart();
    look();
    assertThat(causes()).as("swapped again").isEmpty();
  }

  @Test
  void anUpsertIntoAnEmptyTableIsAsGoodAsACleanSnapshot() {
    database.execute("create table items (id int primary key, v text)");
    line = new Line(target, ITEMS);
    assertThat(causes()).containsExactly("no_snapshot");
    Load.of(target, ITEMS, SnapshotMode.UPSERT, List.<Object[]>of(row(1, "a")));
    assertThat(causes()).isEmpty();
  }

  @Test
  void anUpsertIntoRowsFillsColumnsAndLeavesTheOtherDoubts() {
    database.execute(
        "create table items (id int primary key, v text)", "insert into items values (9, 'old')");
    line = new Line(target, ITEMS);
    await(
        target
            .tables()
            .mark(line.claim(), new Incompleteness(Incompleteness.Cause.COLUMN, "v", "why")));
    Load.of(target, ITEMS, SnapshotMode.UPSERT, List.<Object[]>of(row(1, "a")));
    assertThat(causes()).containsExactly("no_snapshot");
  }

  @Test
  void anEmptiedTableIsOneWhateverIsAlteredBehindThat() {
    filled();
    database.execute("truncate items");
    write();
    database.execute("alter table items add column extra int");
    look();
    assertThat(causes()).containsExactly("recreated");
  }

  @Test
  void whatIsEmptiedInTheMiddleOfALookIsFoundByTheNextOne() throws Exception {
    database.execute("create table items (id int primary key, v text)");
    line = new Line(target, ITEMS);
    database.execute("delete from _creek_consumer.incompleteness");
    write();
    try (Connection other = database.connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("lock table _creek_consumer.known_targets in share mode");
      var looking = target.tables().look(List.of(line.claim())).toFuture();
      Awaitility.await()
          .until(
              () ->
                  !database
                      .query(
                          "select from pg_locks where relation = '_creek_consumer.known_targets'::regclass and not granted")
                      .isEmpty());
      database.execute("truncate items");
      other.commit();
      looking.get();
    }
    assertThat(causes()).isEmpty();
    write();
    look();
    assertThat(causes()).containsExactly("recreated");
  }

  @Test
  void oneThatIsBeingWrittenIsLeftForTheNextLookAndAnOldClaimMarksNothing() {
    filled();
    line.applyPart(ITEMS.insert(WalTx.of(500), 80, "a"));
    var claim = line.claim();
    database.execute("create schema elsewhere");
    look();
    assertThat(causes()).isEmpty();
    await(line.writer().close());
    line.reclaim();
    database.execute("truncate items");
    await(target.tables().look(List.of(claim)));
    assertThat(causes()).isEmpty();
    look();
    assertThat(causes()).containsExactly("recreated");
  }

  /** It is logged again where a crash cannot be had: only that it is empty tells. */
  @Test
  void anUnloggedTableThatIsEmptyHasLostItsRows() {
    filled("create unlogged table items (id int primary key, v text)");
    database.execute("delete from items", "vacuum items");
    look();
    assertThat(causes()).containsExactly("recreated");
    database.execute("delete from _creek_consumer.incompleteness");
    look();
    assertThat(causes()).as("once").isEmpty();
  }

  private void switchTo(TableWire wire) {
    await(line.writer().close());
    line = new Line(target, wire);
  }
}
