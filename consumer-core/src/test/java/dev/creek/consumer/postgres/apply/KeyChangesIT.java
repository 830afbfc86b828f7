package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Identity;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rows that get another key, or other values without having one, stay the rows that they are. */
final class KeyChangesIT {
  private static final TableWire ITEMS =
      TableWire.of("app", "items").column("id", "int4", KEY).column("v", "text");
  private static final TableWire LOG =
      TableWire.of("app", "log").column("n", "int4").column("v", "text").identity(Identity.FULL);

  /** Of the column of its own the source knows nothing. */
  private static final String OWN =
      "create table items (id int primary key, v text, own text default 'new', at serial)";

  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(15);

  private Line items(String... ddl) {
    return filled(ITEMS, ddl);
  }

  /** Rows 1 to 3, each with a value of its own that says which one it was. */
  private Line filled(TableWire wire, String... ddl) {
    database.execute(ddl);
    var line = database.line(wire);
    database.unmark();
    line.apply(
        wire.insert(WalTx.of(1), 1, "a"),
        wire.insert(WalTx.of(1), 2, "b"),
        wire.insert(WalTx.of(1), 3, "c"));
    return line;
  }

  private void own() {
    database.execute("update items set own = 'of ' || id");
  }

  private static WalBytes move(WalTx tx, int from, int to, String v) {
    return ITEMS.update(tx, Map.of("id", from), ITEMS.row(to, v));
  }

  private String rows() {
    return database.value(
        "select string_agg(concat_ws(' ', id, v, own), ', ' order by id) from items");
  }

  private String marks() {
    return database.value("select count(*) from _creek_consumer.incompleteness");
  }

  @Test
  void keepWhatTheSourceDoesNotKnow() {
    var line = items(OWN);
    own();
    line.apply(move(WalTx.of(2), 1, 4, "A"));
    assertThat(rows()).isEqualTo("2 b of 2, 3 c of 3, 4 A of 1");
    // From key to key within one batch, and to one that another has left.
    line.apply(
        move(WalTx.of(3), 4, 5, "B"),
        ITEMS.update(WalTx.of(3), 5, "C"),
        move(WalTx.of(3), 2, 4, "D"),
        move(WalTx.of(3), 3, 2, "E"));
    assertThat(rows()).isEqualTo("2 E of 3, 4 D of 2, 5 C of 1");
    assertThat(database.value("select max(at) from items")).isEqualTo("3");
    assertThat(marks()).isEqualTo("0");
  }

  @Test
  void keepItWhereTheyChangePlaces() {
    var line = items(OWN);
    own();
    var tx = WalTx.of(2);
    line.apply(move(tx, 1, -1, "x"), move(tx, 2, 1, "y"), move(tx, -1, 2, "z"));
    assertThat(rows()).isEqualTo("1 y of 2, 2 z of 1, 3 c of 3");
    line.applyPart(move(WalTx.of(3), 1, -1, "x"));
    line.applyPart(move(WalTx.of(3), 2, 1, "y"));
    line.apply(move(WalTx.of(3), -1, 2, "z"));
    assertThat(rows()).isEqualTo("1 y of 1, 2 z of 2, 3 c of 3");
    assertThat(marks()).isEqualTo("0");
  }

  @Test
  void keepTheirChildren() {
    var line =
        items(
            OWN,
            "create table children (item int references items on update cascade on delete cascade)",
            "insert into children select 1 where false");
    database.execute("insert into children values (1), (2)");
    line.apply(move(WalTx.of(2), 1, 4, "A"), ITEMS.update(WalTx.of(2), 2, "B"));
    assertThat(database.value("select string_agg(item::text, ' ' order by item) from children"))
        .isEqualTo("2 4");
    line.applyPart(move(WalTx.of(3), 2, 5, "C"));
    line.apply(ITEMS.update(WalTx.of(3), 3, "D"));
    assertThat(database.value("select string_agg(item::text, ' ' order by item) from children"))
        .isEqualTo("4 5");
  }

  @Test
  void areUpdatedAndNothingElseToTriggers() {
    var line =
        items(
            OWN,
            "create table seen (what text)",
            "create function see() returns trigger language plpgsql as"
                + " $$ begin insert into public.seen values (tg_op); return null; end $$");
    database.execute(
        "create trigger see after insert or update or delete on items for each row execute"
            + " function see()");
    line.apply(move(WalTx.of(2), 1, 4, "A"));
    assertThat(database.value("select string_agg(what, ' ') from seen")).isEqualTo("UPDATE");
  }

  @Test
  void goToAnotherPartition() {
    var line =
        items(
            "create table items (id int primary key, v text, own text) partition by range (id)",
            "create table low partition of items for values from (0) to (10)",
            "create table high partition of items for values from (10) to (20)");
    own();
    line.apply(move(WalTx.of(2), 1, 11, "A"));
    assertThat(rows()).isEqualTo("2 b of 2, 3 c of 3, 11 A of 1");
    assertThat(database.value("select count(*) from high")).isEqualTo("1");
    assertThat(marks()).isEqualTo("0");
  }

  @Test
  void areInsertedAndMarkedWhereTheyAreNotThere() {
    var line = items(OWN);
    assertThat(line.apply(move(WalTx.of(2), 7, 8, "x")).missed()).isEqualTo(1);
    assertThat(rows()).isEqualTo("1 a new, 2 b new, 3 c new, 8 x new");
    assertThat(marks()).isEqualTo("1");
  }

  @Test
  void endAsOneRowWhereTheyComeAgain() {
    var line = items(OWN);
    own();
    var tx = WalTx.of(2);
    WalBytes[] changes = {
      move(tx, 1, 4, "A"), move(tx, 4, 5, "B"), ITEMS.insert(tx, 1, "again"), move(tx, 2, 4, "C")
    };
    line.apply(changes);
    String after = rows();
    assertThat(after).isEqualTo("1 again new, 3 c of 3, 4 C of 2, 5 B of 1");
    // From each of them on, as behind a snapshot; what was left of one is with another now.
    for (int from = 0; from < changes.length; from++) {
      line.restart();
      for (int i = from; i < changes.length; i++) {
        line.apply(changes[i]);
      }
      assertThat(database.value("select string_agg(id || v, ' ' order by id) from items"))
          .as("from %d on", from)
          .isEqualTo("1again 3c 4C 5B");
    }
    line.restart();
    line.apply(changes);
    assertThat(database.value("select string_agg(id || v, ' ' order by id) from items"))
        .isEqualTo("1again 3c 4C 5B");
    assertThat(marks()).isEqualTo("0");
  }

  /** update items set id = 4 - id, under a key that the source checks at the end. */
  @Test
  void stopTheTableWhereTwoHaveOneKeyForTheTimeOfAStatement() {
    var full = ITEMS.identity(Identity.FULL);
    var line = filled(full, OWN);
    var tx = WalTx.of(2);
    var batch =
        line.batch(
            full.update(tx, full.row(1, "a"), full.row(3, "a")),
            full.update(tx, full.row(2, "b"), full.row(2, "b")),
            full.update(tx, full.row(3, "c"), full.row(1, "c")));
    assertThatThrownBy(() -> line.apply(batch)).isInstanceOf(ShapeMismatchException.class);
    assertThat(rows()).isEqualTo("1 a new, 2 b new, 3 c new");
  }

  @Test
  void moveInTheOrderOfTheSourceUnderAKeyThatIsAssumed() {
    var full = ITEMS.identity(Identity.FULL);
    var line = filled(full, OWN);
    own();
    var tx = WalTx.of(2);
    line.apply(
        full.update(tx, full.row(3, "c"), full.row(4, "c")),
        full.update(tx, full.row(2, "b"), full.row(3, "b")),
        full.update(tx, full.row(1, "a"), full.row(2, "a")));
    assertThat(rows()).isEqualTo("2 a of 1, 3 b of 2, 4 c of 3");
    tx = WalTx.of(3);
    line.apply(
        full.update(tx, full.row(2, "a"), full.row(9, "a")),
        full.update(tx, full.row(3, "b"), full.row(2, "b")),
        full.update(tx, full.row(9, "a"), full.row(3, "a")));
    assertThat(rows()).isEqualTo("2 b of 2, 3 a of 1, 4 c of 3");
    assertThat(marks()).isEqualTo("0");
  }

  @Test
  void withAnIdentityThatNobodyMayUpdateGoAndComeAgain() {
    var line =
        items(
            "create table items (id int primary key generated always as identity, v text, own text)");
    own();
    line.apply(move(WalTx.of(2), 1, 4, "A"), move(WalTx.of(2), 2, 1, "B"));
    assertThat(database.value("select string_agg(id || v, ' ' order by id) from items"))
        .isEqualTo("1B 3c 4A");
    assertThat(marks()).isEqualTo("0");
  }

  @Test
  void withoutAKeyStayInTheirPlace() {
    database.execute("create table log (n int, v text, own serial)");
    var line = database.line(LOG);
    line.apply(LOG.insert(WalTx.of(1), 1, "a"), LOG.insert(WalTx.of(1), 1, "a"));
    line.apply(LOG.update(WalTx.of(2), LOG.row(1, "a"), LOG.row(2, null)));
    line.apply(
        LOG.update(WalTx.of(3), LOG.row(2, null), LOG.row(3, "c")),
        LOG.update(WalTx.of(3), LOG.row(1, "a"), LOG.row(1, "b")));
    assertThat(database.value("select string_agg(l::text, ' ' order by own) from log l"))
        .isIn("(3,c,1) (1,b,2)", "(1,b,1) (3,c,2)");
  }

  @Test
  void withoutAKeyMayChangePlacesUnderADeferrableOne() {
    database.execute("create table log (n int primary key deferrable, v text)");
    var line = database.line(LOG);
    line.apply(LOG.insert(WalTx.of(1), 1, "a"), LOG.insert(WalTx.of(1), 2, "b"));
    line.apply(
        LOG.update(WalTx.of(2), LOG.row(1, "a"), LOG.row(2, "a")),
        LOG.update(WalTx.of(2), LOG.row(2, "b"), LOG.row(1, "b")));
    assertThat(database.value("select string_agg(l::text, ' ' order by n) from log l"))
        .isEqualTo("(1,b) (2,a)");
  }

  @Test
  void withoutAKeyAndWithAFixedIdentityGoAndComeAgain() {
    database.execute("create table log (n int generated always as identity, v text)");
    var line = database.line(LOG);
    line.apply(LOG.insert(WalTx.of(1), 1, "a"));
    line.apply(LOG.update(WalTx.of(2), LOG.row(1, "a"), LOG.row(2, "b")));
    assertThat(database.value("select l::text from log l")).isEqualTo("(2,b)");
  }
}
