package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Identity;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Changes of rows that the target does not have, or does not take. */
final class MissingRowsIT {
  private static final TableWire ITEMS =
      TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");
  private static final TableWire LOG =
      TableWire.of("app", "log").column("n", "int4").column("v", "text").identity(Identity.FULL);
  private static final String PLAIN = "create table items (id int primary key, v text)";
  private static final String PARTITIONED =
      "create table items (id int primary key, v text) partition by hash (id);"
          + " create table items0 partition of items for values with (modulus 2, remainder 0);"
          + " create table items1 partition of items for values with (modulus 2, remainder 1)";

  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(15);

  private Line items(String ddl) {
    database.execute(ddl);
    return unmarked(database.line(ITEMS));
  }

  /** As behind a snapshot. */
  private Line unmarked(Line line) {
    database.unmark();
    return line;
  }

  private String marks() {
    return database.value(
        "select coalesce(string_agg(trim(cause || ' ' || detail), ', ' order by detail), '')"
            + " from _creek_consumer.incompleteness");
  }

  private static WalBytes delete(WalTx tx, int id) {
    return ITEMS.delete(tx, Map.of("id", id));
  }

  @ParameterizedTest
  @ValueSource(strings = {PLAIN, PARTITIONED})
  void updatesOfRowsThatAreNotThereAreWrittenAndMarked(String ddl) {
    var line = items(ddl);
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"));
    assertThat(line.apply(ITEMS.update(WalTx.of(2), 1, "b")).missed()).isZero();
    assertThat(marks()).isEmpty();
    var applied = line.apply(ITEMS.update(WalTx.of(3), 1, "c"), ITEMS.update(WalTx.of(3), 2, "d"));
    assertThat(applied.missed()).isEqualTo(1);
    assertThat(database.rows("items")).isEqualTo("(1,c) (2,d)");
    assertThat(marks()).isEqualTo("missed_rows");
    assertThat(line.stored().sequence()).isEqualTo(4);
    assertThat(database.value("select incomplete from _creek_consumer.subscriptions"))
        .isEqualTo("updates or deletes found no row, for the first time up to stream sequence 4");
    assertThat(line.apply(ITEMS.update(WalTx.of(4), 3, "e")).missed()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {PLAIN, PARTITIONED})
  void deletesOfRowsThatAreNotThereAreMarked(String ddl) {
    var line = items(ddl);
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"));
    var applied = line.apply(delete(WalTx.of(2), 1), delete(WalTx.of(2), 2));
    assertThat(applied.missed()).isEqualTo(1);
    assertThat(database.rows("items")).isEmpty();
    assertThat(marks()).isEqualTo("missed_rows");
  }

  @Test
  void aRowTooManyDoesNotHideOneTooFew() {
    var line = items(PLAIN);
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"));
    database.execute("insert into items values (2, 'of another'), (4, 'of another')");
    // What is inserted is there, and what is updated, or deleted, is not.
    assertThat(
            line.apply(ITEMS.insert(WalTx.of(2), 2, "b"), ITEMS.update(WalTx.of(2), 3, "c"))
                .missed())
        .isEqualTo(1);
    assertThat(database.rows("items")).isEqualTo("(1,a) (2,b) (3,c) (4,\"of another\")");
    database.unmark();
    line.restart();
    assertThat(
            line.apply(
                    ITEMS.insert(WalTx.of(3), 4, "d"),
                    delete(WalTx.of(3), 4),
                    delete(WalTx.of(3), 5))
                .missed())
        .isEqualTo(1);
    assertThat(database.rows("items")).isEqualTo("(1,a) (2,b) (3,c)");
    assertThat(marks()).isEqualTo("missed_rows");
  }

  @Test
  void rowsAndKeysThatTheBatchMakesItselfAreNotMissed() {
    var line = items(PLAIN);
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"), ITEMS.insert(WalTx.of(1), 9, "z"));
    var tx = WalTx.of(2);
    line.apply(
        ITEMS.insert(tx, 2, "b"),
        ITEMS.update(tx, 2, "c"),
        ITEMS.insert(tx, 3, "d"),
        delete(tx, 3),
        delete(tx, 1),
        ITEMS.insert(tx, 1, "e"),
        ITEMS.update(tx, Map.of("id", 9), ITEMS.row(8, "y")),
        ITEMS.update(tx, 8, "x"));
    assertThat(database.rows("items")).isEqualTo("(1,e) (2,c) (8,x)");
    assertThat(marks()).isEmpty();
  }

  @Test
  void whatComesAgainMissesNothing() {
    var line = items(PLAIN);
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"), ITEMS.insert(WalTx.of(2), 2, "b"));
    line.apply(delete(WalTx.of(3), 1), ITEMS.update(WalTx.of(4), 2, "c"), delete(WalTx.of(5), 2));
    line.restart();
    line.apply(delete(WalTx.of(3), 1));
    line.apply(ITEMS.update(WalTx.of(4), 2, "c"), delete(WalTx.of(5), 2));
    line.applyPart(delete(WalTx.of(5), 2));
    assertThat(line.apply(delete(WalTx.of(5), 2)).missed()).isZero();
    assertThat(marks()).isEmpty();
    assertThat(database.rows("items")).isEmpty();
    // In one batch with what is new: that must find its rows.
    var applied = line.apply(delete(WalTx.of(5), 2), delete(WalTx.of(6), 3));
    assertThat(applied.missed()).isEqualTo(1);
    assertThat(marks()).isEqualTo("missed_rows");
  }

  @Test
  void whatASnapshotMayHoldMissesNothingUntilTheOverlapIsOver() {
    var line = items(PLAIN);
    database.execute(
        "update _creek_consumer.subscriptions set ahead_until = '"
            + WalTx.of(1).committedAt()
            + "'");
    line.restart();
    assertThat(line.apply(delete(WalTx.of(1), 1)).missed()).isZero();
    assertThat(line.apply(delete(WalTx.of(10_001), 1)).missed()).isZero();
    assertThat(marks()).isEmpty();
    assertThat(line.apply(delete(WalTx.of(10_002), 1)).missed()).isEqualTo(1);
    assertThat(marks()).isEqualTo("missed_rows");
  }

  @Test
  void partsOfALongTransactionCountTogether() {
    var line = items(PLAIN);
    var tx = WalTx.of(1);
    line.applyPart(ITEMS.insert(tx, 1, "a"), delete(tx, 2));
    line.applyPart(ITEMS.update(tx, 3, "c"));
    assertThat(marks()).isEmpty();
    assertThat(line.apply(ITEMS.insert(tx, 4, "d")).missed()).isEqualTo(2);
    assertThat(marks()).isEqualTo("missed_rows");
    assertThat(database.rows("items")).isEqualTo("(1,a) (3,c) (4,d)");
  }

  @Test
  void marksGoWithWhatIsRolledBack() {
    var line = items(PLAIN);
    line.applyPart(delete(WalTx.of(1), 2));
    line.restart();
    assertThat(marks()).isEmpty();
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"));
    assertThat(marks()).isEmpty();
  }

  @Test
  void afterAMissAnotherIsStillCountedAndAgainOnceTheMarkIsGone() {
    var line = items(PLAIN);
    for (int n = 1; n <= 120; n++) {
      assertThat(line.apply(delete(WalTx.of(n), 1)).missed()).isEqualTo(1);
    }
    database.unmark();
    line.apply(delete(WalTx.of(121), 1));
    assertThat(marks()).isEqualTo("missed_rows");
  }

  @Test
  void rowsThatWentWithThoseOfAnotherTableAreNotMissed() {
    database.execute("create table parents (id int primary key)", "insert into parents values (1)");
    var line =
        items(
            "create table items (id int primary key references parents on delete cascade, v text)");
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"));
    database.execute("delete from parents");
    assertThat(line.apply(delete(WalTx.of(2), 1)).missed()).isZero();
    assertThat(marks()).isEmpty();
  }

  private void suppress(String table, String operation) {
    database.execute(
        "create or replace function suppress() returns trigger language plpgsql as"
            + " $$ begin return null; end $$",
        "create trigger suppressed before %s on %s for each row execute function suppress()"
            .formatted(operation, table));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 600})
  void insertsThatATriggerSuppressesAreMarked(int rows) {
    database.execute(PLAIN);
    suppress("items", "insert");
    var line = unmarked(database.line(ITEMS));
    List<WalBytes> inserts = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      inserts.add(ITEMS.insert(WalTx.of(1), i, "a"));
    }
    line.apply(inserts.toArray(WalBytes[]::new));
    assertThat(database.rows("items")).isEmpty();
    assertThat(marks()).isEqualTo("missed_rows not written");
    assertThat(line.stored().sequence()).isEqualTo(rows);
  }

  /** The rows that it is about come again as well. */
  @Test
  void aTruncateThatComesAgainLeavesTheMark() {
    var line = items(PLAIN);
    line.apply(ITEMS.truncate(WalTx.of(1)));
    line.apply(ITEMS.update(WalTx.of(2), 1, "a"));
    assertThat(marks()).startsWith("missed_rows");
    line.restart();
    line.apply(ITEMS.truncate(WalTx.of(1)));
    assertThat(marks()).startsWith("missed_rows");
    line.apply(ITEMS.truncate(WalTx.of(3)));
    assertThat(marks()).isEmpty();
  }

  @Test
  void copiedRowsThatATriggerOfLaterSuppressesAreMarked() {
    database.execute(PLAIN);
    var line = unmarked(database.line(ITEMS));
    line.apply(inserts(0, 600));
    suppress("items", "insert");
    line.apply(inserts(600, 1200));
    assertThat(database.value("select count(*) from items")).isEqualTo("600");
    assertThat(marks()).isEqualTo("missed_rows not written");
    assertThat(line.stored().sequence()).isEqualTo(1200);
  }

  private static WalBytes[] inserts(int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(id -> ITEMS.insert(WalTx.of(from + 1), id, "a"))
        .toArray(WalBytes[]::new);
  }

  @Test
  void updatesAndDeletesThatATriggerSuppressesAreMarked() {
    var line = items(PLAIN);
    line.apply(ITEMS.insert(WalTx.of(1), 1, "a"));
    suppress("items", "update");
    line.apply(ITEMS.update(WalTx.of(2), 1, "b"));
    assertThat(database.rows("items")).isEqualTo("(1,a)");
    assertThat(marks()).isEqualTo("missed_rows not written");
    database.execute("drop trigger suppressed on items");
    suppress("items", "delete");
    line.apply(delete(WalTx.of(3), 1));
    assertThat(database.rows("items")).isEqualTo("(1,a)");
    assertThat(marks()).isEqualTo("missed_rows, missed_rows not written");
  }

  @Test
  void rowsWithoutAKeyThatATriggerSuppressesAreMarked() {
    database.execute("create table log (n int, v text)");
    suppress("log", "insert");
    var line = unmarked(database.line(LOG));
    line.apply(LOG.insert(WalTx.of(1), 1, "a"));
    assertThat(marks()).isEqualTo("missed_rows not written");
    assertThat(database.rows("log")).isEmpty();
  }

  private static void refuses(Line line, WalBytes... changes) {
    var batch = line.batch(changes);
    assertThatThrownBy(() -> line.apply(batch))
        .isInstanceOfSatisfying(
            DatabaseException.class,
            e -> {
              assertThat(e.sqlState()).isEqualTo("P0002");
              assertThat(e).hasMessageContaining("\"n\", \"v\"").hasMessageNotContaining("secret");
              assertThat(e.hint())
                  .contains("resync '" + line.mapping + "'")
                  .contains("UPDATE \"public\".\"log\" SET");
            });
    line.restart();
  }

  @Test
  void aTableWithoutAKeyStopsWhereARowIsNotThere() {
    database.execute("create table log (n int, v text)");
    var line = database.line(LOG);
    line.apply(LOG.insert(WalTx.of(1), 1, "a"));
    refuses(line, LOG.delete(WalTx.of(2), LOG.row(2, "secret")));
    refuses(line, LOG.update(WalTx.of(2), LOG.row(2, "secret"), LOG.row(2, "b")));
    refuses(
        line,
        LOG.insert(WalTx.of(2), 3, "c"),
        LOG.delete(WalTx.of(2), LOG.row(1, "a")),
        LOG.delete(WalTx.of(2), LOG.row(1, "a")));
    line.applyPart(LOG.insert(WalTx.of(2), 4, "d"));
    refuses(line, LOG.delete(WalTx.of(2), LOG.row(1, null)));
    assertThat(database.rows("log")).isEqualTo("(1,a)");
    assertThat(line.stored().sequence()).isEqualTo(1);
  }

  @Test
  void aTableWithoutAKeyGoesOnWhereChangesComeAgain() {
    database.execute("create table log (n int, v text)");
    var line = unmarked(database.line(LOG));
    line.apply(LOG.insert(WalTx.of(1), 1, "a"));
    database.execute(
        "update _creek_consumer.subscriptions set ahead_until = '"
            + WalTx.of(3).committedAt()
            + "'");
    line.restart();
    line.apply(LOG.delete(WalTx.of(2), LOG.row(7, "in the snapshot")));
    line.apply(
        LOG.update(WalTx.of(3), LOG.row(8, "x"), LOG.row(8, "y")), LOG.insert(WalTx.of(3), 9, "z"));
    assertThat(database.rows("log")).isEqualTo("(1,a) (8,y) (9,z)");
    assertThat(marks()).isEqualTo("unproven");
  }

  /** The rows that are there have NULL where the source has its default. */
  @Test
  void aColumnThatWasAddedWithADefaultStopsATableWithoutAKey() {
    database.execute("create table log (n int, v text)");
    var line = database.line(LOG);
    line.apply(
        LOG.insert(WalTx.of(1), 1, "a"),
        LOG.insert(WalTx.of(1), 2, "b"),
        LOG.insert(WalTx.of(1), 3, "c"));
    var wider = LOG.column("flag", "bool");
    database.execute("alter table log add column flag bool");
    var altered = database.line(wider);
    WalBytes[] changes = {
      wider.update(WalTx.of(2), wider.row(1, "a", false), wider.row(1, "A", false)),
      wider.delete(WalTx.of(2), wider.row(2, "b", false)),
      wider.update(WalTx.of(2), wider.row(3, "c", false), wider.row(3, "C", true))
    };
    var batch = altered.batch(changes);
    assertThatThrownBy(() -> altered.apply(batch))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("\"n\", \"v\", \"flag\"");
    assertThat(database.rows("log")).isEqualTo("(1,a,) (2,b,) (3,c,)");
    database.execute("update log set flag = false where flag is null");
    altered.restart();
    altered.apply(changes);
    assertThat(database.rows("log")).isEqualTo("(1,A,f) (3,C,t)");
  }
}
