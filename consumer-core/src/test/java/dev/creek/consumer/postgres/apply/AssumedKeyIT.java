package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.Load;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Identity;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Targets whose key the source does not vouch for: rows that it tells apart never meet in one. */
final class AssumedKeyIT {
  private static final TableWire FULL =
      TableWire.of("app", "t").column("id", "int4").column("v", "text").identity(Identity.FULL);
  private static final TableWire WORDS =
      TableWire.of("app", "t").column("word", "text", KEY).column("v", "text");

  @RegisterExtension static final TargetDatabase database = TargetDatabase.shared();

  private int transactions;

  private Line keyed() {
    database.execute("create table t (id int primary key, v text)");
    return database.line(FULL);
  }

  private Line words(String column) {
    return words(column, WORDS);
  }

  private Line words(String column, TableWire wire) {
    database.execute("create table t (word " + column + " primary key, v text)");
    return database.line(wire);
  }

  private WalTx next() {
    return WalTx.of(++transactions);
  }

  private String rows() {
    return database.value(
        "select coalesce(string_agg(t::text, ' ' order by t::text collate \"C\"), '') from t");
  }

  private static void assertStopped(Line line, WalBytes... messages) {
    var batch = line.batch(messages);
    assertThatThrownBy(() -> line.apply(batch))
        .isInstanceOfSatisfying(
            ShapeMismatchException.class,
            e -> {
              assertThat(e).hasMessageContaining("the two differ on the source");
              assertThat(e.hint()).contains("ALTER TABLE");
            });
  }

  @Test
  void rowsOfFullIdentityAreFoundByTheTargetsKey() {
    var line = keyed();
    line.apply(FULL.insert(next(), 1, "a"), FULL.insert(next(), 2, "b"));
    line.apply(
        FULL.update(next(), FULL.row(1, "a"), FULL.row(3, "c")),
        FULL.insert(next(), 1, "d"),
        FULL.delete(next(), FULL.row(2, "b")));
    assertThat(rows()).isEqualTo("(1,d) (3,c)");
    line.apply(FULL.insert(next(), 2, "x"), FULL.truncate(next()), FULL.insert(next(), 3, "y"));
    assertThat(rows()).isEqualTo("(3,y)");
  }

  @Test
  void aSecondRowOfAKeyStopsTheTableInOneBatchAndInTwo() {
    var line = keyed();
    line.apply(FULL.insert(next(), 1, "a"));
    assertStopped(line, FULL.insert(next(), 1, "b"));
    assertThat(rows()).isEqualTo("(1,a)");
    line.restart();
    assertStopped(line, FULL.insert(next(), 5, "a"), FULL.insert(next(), 5, "b"));
    assertThat(rows()).isEqualTo("(1,a)");
  }

  @Test
  void aSecondRowThatIsGoneBeforeTheBatchEndsTakesNoOtherAlong() {
    var line = keyed();
    line.apply(FULL.insert(next(), 1, "a"), FULL.insert(next(), 2, "a"));
    assertStopped(line, FULL.insert(next(), 1, "b"), FULL.delete(next(), FULL.row(1, "b")));
    line.restart();
    assertStopped(line, FULL.update(next(), FULL.row(2, "a"), FULL.row(1, "b")));
    assertThat(rows()).isEqualTo("(1,a) (2,a)");
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 600})
  void manyNewRowsAreLookedForToo(int rows) {
    var line = keyed();
    line.apply(FULL.insert(next(), 2, "a"));
    assertStopped(
        line,
        IntStream.range(0, rows)
            .mapToObj(id -> FULL.insert(next(), id, "b"))
            .toArray(WalBytes[]::new));
    assertThat(rows()).isEqualTo("(2,a)");
  }

  @Test
  void whatARestartedProducerPublishesAgainIsNoCollision() {
    var line = keyed();
    var first = FULL.insert(next(), 1, "a");
    var second = FULL.update(next(), FULL.row(1, "a"), FULL.row(2, "b"));
    line.apply(first, second);
    line.apply(first, second, FULL.insert(next(), 1, "c"));
    assertThat(rows()).isEqualTo("(1,c) (2,b)");
    line.restart();
    line.apply(first);
    line.apply(second);
    assertStopped(line, FULL.insert(next(), 2, "d"));
  }

  @Test
  void insertsWithoutAnyIdentityNeverMeet() {
    database.execute("create table t (id int primary key, v text)");
    var wire = FULL.identity(Identity.NONE);
    var line = database.line(wire);
    line.apply(wire.insert(next(), 1, "a"));
    assertStopped(line, wire.insert(next(), 1, "b"));
    assertThat(rows()).isEqualTo("(1,a)");
  }

  @Test
  void aCollationThatTakesKeysForEqualStopsAtTheSecondOfThem() {
    database.execute(
        "create collation any_case"
            + " (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
    var line = words("text collate any_case");
    line.apply(WORDS.insert(next(), "a", "1"), WORDS.insert(next(), "b", "1"));
    assertStopped(line, WORDS.insert(next(), "A", "2"));
    assertThat(rows()).isEqualTo("(a,1) (b,1)");
    line.restart();
    assertStopped(line, WORDS.insert(next(), "c", "2"), WORDS.insert(next(), "C", "2"));
    line.restart();
    assertStopped(line, WORDS.insert(next(), "A", "2"), WORDS.delete(next(), Map.of("word", "A")));
    line.restart();
    line.apply(
        WORDS.update(next(), Map.of("word", "a"), WORDS.row("A", "3")),
        WORDS.delete(next(), Map.of("word", "b")),
        WORDS.insert(next(), "B", "3"));
    assertThat(rows()).isEqualTo("(A,3) (B,3)");
  }

  @Test
  void soDoesSuchACollationOfACharKey() {
    database.execute(
        "create collation any_case"
            + " (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
    TableWire chars = TableWire.of("app", "t").column("word", "bpchar", KEY).column("v", "text");
    var line = words("char(4) collate any_case", chars);
    assertStopped(line, chars.insert(next(), "a   ", "1"), chars.insert(next(), "A   ", "2"));
    line.restart();
    line.apply(chars.insert(next(), "a   ", "1"));
    assertStopped(line, chars.insert(next(), "A   ", "2"));
    assertThat(rows()).isEqualTo("(\"a   \",1)");
  }

  /** A part that was committed by itself is of the same time, and comes once all the same. */
  @Test
  void soDoesOneInTheRestOfATransaction() {
    var line = words("text collate \"C\"", WORDS.identity(Identity.FULL));
    TableWire full = WORDS.identity(Identity.FULL);
    WalTx tx = next();
    line.apply(full.insert(tx, "a", "1"), full.insert(tx, "b", "1"));
    assertStopped(line, full.insert(tx, "c", "1"), full.insert(tx, "b", "2"));
    line.restart();
    assertStopped(line, full.insert(tx, "c", "1"), full.insert(tx, "b", "2"));
    assertThat(rows()).isEqualTo("(a,1) (b,1)");
    line.restart();
    line.apply(full.insert(tx.readFrom(0x10), "a", "1"), full.insert(tx.readFrom(0x10), "b", "1"));
    assertThat(rows()).isEqualTo("(a,1) (b,1)");
  }

  @Test
  void blanksAtTheEndAreNoPartOfACharKeyAndStopTheTable() {
    var line = words("bpchar");
    line.apply(WORDS.insert(next(), "a", "1"));
    assertStopped(line, WORDS.insert(next(), "a ", "2"));
    assertThat(rows()).isEqualTo("(a,1)");
  }

  @Test
  void textsThatAreOneNumberStopTheTable() {
    var line = words("int");
    line.apply(WORDS.insert(next(), "1", "1"));
    assertStopped(line, WORDS.insert(next(), "01", "2"));
    assertThat(rows()).isEqualTo("(1,1)");
  }

  @ParameterizedTest
  @EnumSource(SnapshotMode.class)
  void aSnapshotsRowsNeverMeet(SnapshotMode mode) {
    database.execute(
        "create table t (id int primary key, v text)", "insert into t values (1, 'x')");
    for (String view : List.of("create view in_place as select * from t", "drop view in_place")) {
      database.execute(view);
      var chunks =
          List.of(List.<Object[]>of(Load.row(1, "a")), List.<Object[]>of(Load.row(1, "b")));
      var load = new Load(database.target(), FULL).open(mode);
      assertThatThrownBy(
              () -> {
                chunks.forEach(load::write);
                load.finish();
              })
          .isInstanceOfAny(ShapeMismatchException.class, DatabaseException.class);
      load.close();
    }
  }

  /** Behind it two rows of one key that come for the first time would become one. */
  @Test
  void anUpsertSnapshotThatIsGivenUpLeavesADoubtUntilOneIsApplied() {
    database.execute("create table t (id int primary key, v text)");
    new Load(database.target(), FULL).open(SnapshotMode.UPSERT).begin().close();
    assertThat(unproven()).isEqualTo("1");
    new Load(database.target(), FULL)
        .open(SnapshotMode.UPSERT)
        .begin()
        .write(Load.row(1, "a"))
        .finish()
        .close();
    assertThat(unproven()).isEqualTo("0");
  }

  /** Nothing that comes behind them tells the default that the source gave to rows. */
  @ParameterizedTest
  @ValueSource(strings = {"truncate", "delete", "full delete", "key"})
  void rowsThatComeAgainWithoutAColumnLeaveAMarkWhereTheyMakeWayFirst(String way) {
    TableWire old =
        TableWire.of("app", "t")
            .column("id", "int4", KEY)
            .identity(way.equals("full delete") ? Identity.FULL : Identity.DEFAULT);
    database.execute("create table t (id int primary key, v text)");
    upserted(Load.row(1, "3"), Load.row(2, "3"));
    var line = database.line(old);
    line.apply(
        switch (way) {
          case "truncate" -> old.truncate(next());
          case "key" -> old.update(next(), old.row(1), old.row(4));
          default -> old.delete(next(), old.row(1));
        });
    line.apply(old.insert(next(), 1), old.insert(next(), 2));
    assertThat(rows()).contains("(1,)");
    assertThat(columns()).isEqualTo("v");
  }

  @Test
  void rowsThatComeAgainWithoutAColumnAndStayKeepItsValue() {
    TableWire old = TableWire.of("app", "t").column("id", "int4").identity(Identity.FULL);
    database.execute("create table t (id int primary key, v text)");
    upserted(Load.row(1, "3"), Load.row(2, "3"));
    var line = database.line(old);
    line.apply(old.insert(next(), 1), old.insert(next(), 9), old.delete(next(), old.row(9)));
    line.apply(old.delete(next(), old.row(8)), old.insert(next(), 2));
    assertThat(rows()).isEqualTo("(1,3) (2,3)");
    assertThat(columns()).isEmpty();
  }

  private void upserted(Object[]... rows) {
    new Load(database.target(), FULL)
        .open(SnapshotMode.UPSERT)
        .begin()
        .write(rows)
        .finish()
        .close();
    assertThat(columns()).isEmpty();
  }

  private String columns() {
    return database.value(
        "select coalesce(string_agg(detail, ' '), '') from _creek_consumer.incompleteness"
            + " where cause = 'column'");
  }

  private String unproven() {
    return database.value(
        "select count(*) from _creek_consumer.incompleteness where cause = 'unproven'");
  }
}
