package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.postgres.apply.Items.ITEMS;
import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Changes whose order matters: unique values and keys that move from row to row, truncates, and
 * changes that come again.
 */
final class ChangeOrderIT {
  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(15);

  @Test
  void movesAUniqueValueFromRowToRowInEitherDirection() {
    var line = Items.line(database, "create table items (id int primary key, v text unique)");
    var tx = WalTx.of(1);
    line.apply(ITEMS.insert(tx, 1, "a"), ITEMS.insert(tx, 2, "b"));
    line.apply(ITEMS.update(tx, 1, "tmp"), ITEMS.update(tx, 2, "a"), ITEMS.update(tx, 1, "b"));
    assertThat(database.rows("items")).isEqualTo("(1,b) (2,a)");
    line.apply(ITEMS.delete(tx, Map.of("id", 1)), ITEMS.insert(tx, 3, "b"));
    assertThat(database.rows("items")).isEqualTo("(2,a) (3,b)");
    assertThat(line.stored().sequence()).isEqualTo(7);
  }

  @Test
  void swapsKeys() {
    var line = Items.line(database);
    var tx = WalTx.of(1);
    line.apply(ITEMS.insert(tx, 1, "a"), ITEMS.insert(tx, 2, "b"));
    line.apply(
        ITEMS.update(tx, Map.of("id", 1), Map.of("id", -1, "v", "a")),
        ITEMS.update(tx, Map.of("id", 2), Map.of("id", 1, "v", "b")),
        ITEMS.update(tx, Map.of("id", -1), Map.of("id", 2, "v", "a")));
    assertThat(database.rows("items")).isEqualTo("(1,b) (2,a)");
  }

  @Test
  void truncatesBetweenInserts() {
    var line = Items.line(database);
    var tx = WalTx.of(1);
    line.apply(ITEMS.insert(tx, 1, "old"));
    var applied =
        line.apply(ITEMS.insert(tx, 2, "gone"), ITEMS.truncate(tx), ITEMS.insert(tx, 3, "kept"));
    assertThat(database.rows("items")).isEqualTo("(3,kept)");
    assertThat(applied.truncates()).isEqualTo(1);
    line.apply(ITEMS.truncate(tx));
    assertThat(database.rows("items")).isEmpty();
  }

  @Test
  void emptiesATableThatOthersReferTo() {
    var line =
        Items.line(
            database,
            "create table items (id int primary key, v text);"
                + "create table parts (item int references items on delete cascade)");
    var tx = WalTx.of(1);
    line.apply(ITEMS.insert(tx, 1, "a"));
    database.execute("insert into parts values (1)");
    line.apply(ITEMS.truncate(tx), ITEMS.insert(tx, 2, "b"));
    assertThat(database.rows("items")).isEqualTo("(2,b)");
    assertThat(database.rows("parts")).isEmpty();
  }

  @Test
  void appliesInOrderInsideATransactionWhereUniqueValuesMove() {
    var line = Items.line(database, "create table items (id int primary key, v text unique)");
    var tx = WalTx.of(1);
    line.applyPart(ITEMS.insert(tx, 1, "a"), ITEMS.insert(tx, 2, "b"));
    line.applyPart(ITEMS.update(tx, 1, "tmp"), ITEMS.update(tx, 2, "a"), ITEMS.update(tx, 1, "b"));
    line.applyPart(ITEMS.insert(tx, 3, "c"));
    line.apply(ITEMS.update(tx, 3, "x"), ITEMS.update(tx, 1, "c"), ITEMS.update(tx, 3, "b"));
    assertThat(database.rows("items")).isEqualTo("(1,c) (2,a) (3,b)");
  }

  @Test
  void takesUniqueValuesBackWhereChangesComeAgain() {
    var wire = TableWire.of("app", "items").column("id", "int4", KEY).column("slot", "int4");
    database.execute(
        "create table items (id int primary key, slot int unique deferrable, other int unique)");
    var line = database.line(wire);
    List<WalBytes> history = movingSlots(wire, 0);
    history.forEach(line::apply);
    // A producer was restarted, this one too, in the middle of that.
    history.subList(0, 2).forEach(line::apply);
    line.restart();
    history.subList(0, 3).forEach(line::apply);
    line.restart();
    history.subList(3, 5).forEach(line::apply);
    assertThat(database.rows("items")).isEqualTo("(1,,) (2,5,) (3,6,)");
    // A part of a long transaction that comes again
    line.applyPart(history.get(0));
    line.apply(wire.update(WalTx.of(1), 1, 5));
    history.forEach(line::apply);
    assertThat(database.rows("items")).isEqualTo("(1,,) (2,5,) (3,6,)");
    // What is new takes nothing from others.
    assertThatThrownBy(() -> line.apply(wire.insert(WalTx.of(6), 4, 5)))
        .isInstanceOfSatisfying(
            DatabaseException.class, e -> assertThat(e.sqlState()).isEqualTo("23505"));
    assertThat(database.rows("items")).isEqualTo("(1,,) (2,5,) (3,6,)");
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
    var line = database.line(wire);
    var batch = new ArrayList<>(movingSlots(wire, 0));
    List<WalBytes> again = movingSlots(wire, 0);
    batch.add(again.get(0));
    line.apply(batch.toArray(WalBytes[]::new));
    if (restarted) {
      line.restart();
    }
    again.subList(1, 5).forEach(line::apply);
    assertThat(database.rows("items")).isEqualTo("(1,) (2,5) (3,6)");
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
    var line = database.line(wire);
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
    assertThat(database.rows("items"))
        .isEqualTo(
            "(1,10,\"stays, as something refers to it\") (2,21,again) (4,30,\"other key, same"
                + " identity\")");
    line.applyPart(wire.delete(tx, Map.of("id", 2)), wire.insert(tx, 2, 22, "in a part"));
    line.apply(wire.delete(tx, Map.of("id", 4)), wire.insert(tx, 4, 31, "too"));
    assertThat(database.rows("items"))
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
}
