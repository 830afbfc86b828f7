package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.postgres.Group;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Few rows of a batch exchange unique values: the others are written together as ever. */
final class ExchangesIT {
  private static final int ROWS = 300;

  /** Far fewer than there are rows. */
  private static final int FEW = 15;

  private static final TableWire WIRE =
      TableWire.of("app", "items")
          .column("id", "int4", KEY)
          .column("slot", "int4")
          .column("v", "text")
          .column("n", "int4");

  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(15);

  private final Map<Integer, Object[]> model = new TreeMap<>();
  private final List<WalBytes> changes = new ArrayList<>();
  private int transaction = 1;
  private WalTx tx = WalTx.of(transaction);
  private int count;
  private Line line;

  /** A table with another unique index, which counts the statements that write it. */
  private void table(String index) {
    database.execute(
        "create table items (id int primary key, slot int, v text, n int not null)",
        index,
        "create table statements (at serial)",
        """
        create function counted() returns trigger language plpgsql as $$
        begin
          insert into public.statements default values;
          return null;
        end $$""",
        "create trigger counted after insert or update or delete on items"
            + " execute function counted()");
    line = database.line(WIRE);
    database.unmark();
    for (int id = 1; id <= ROWS; id++) {
      put(id, id, "V" + id);
    }
    apply();
  }

  private void put(int id, Integer slot, String v) {
    Object[] row = {id, slot, v, ++count};
    changes.add(model.containsKey(id) ? WIRE.update(tx, row) : WIRE.insert(tx, row));
    model.put(id, row);
  }

  private void move(int from, int to) {
    Object[] before = model.remove(from);
    Object[] row = {to, before[1], before[2], ++count};
    changes.add(WIRE.update(tx, Map.of("id", from), WIRE.row(row)));
    model.put(to, row);
  }

  private void delete(int id) {
    model.remove(id);
    changes.add(WIRE.delete(tx, Map.of("id", id)));
  }

  private void touch(int id) {
    put(id, slot(id), v(id));
  }

  private Integer slot(int id) {
    return (Integer) model.get(id)[1];
  }

  private String v(int id) {
    return (String) model.get(id)[2];
  }

  /** Both values change places by way of others. */
  private void exchange(int one, int other) {
    Integer slot = slot(one);
    String v = v(one);
    put(one, -one, "away " + one);
    Integer others = slot(other);
    String othersV = v(other);
    put(other, slot, v);
    put(one, others, othersV);
  }

  private void touchAll() {
    for (int id = 1; id <= ROWS; id++) {
      if (model.containsKey(id)) {
        touch(id);
      }
    }
  }

  private void apply() {
    line.apply(taken());
    assertEqual();
  }

  private void nextTransaction() {
    tx = WalTx.of(++transaction);
  }

  private WalBytes[] taken() {
    WalBytes[] all = changes.toArray(WalBytes[]::new);
    changes.clear();
    nextTransaction();
    return all;
  }

  private void assertEqual() {
    assertThat(database.query("select id, slot, v, n from items order by id"))
        .isEqualTo(
            model.values().stream()
                .map(
                    row ->
                        Arrays.stream(row)
                            .map(value -> value == null ? null : value.toString())
                            .toList())
                .toList());
  }

  private int statements() {
    int statements = Integer.parseInt(database.value("select count(*) from statements"));
    database.execute("truncate statements");
    return statements;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "create unique index on items (slot)",
        "alter table items add unique (slot, v)",
        "create unique index on items (v) include (n)",
        "create unique index on items (slot) where v <> 'off'",
        "create unique index on items (lower(v))",
        "create unique index on items (slot, (v || '!'))",
        "alter table items add unique nulls not distinct (slot)",
        "alter table items add unique (slot), add unique (v)",
        "alter table items add unique (slot) deferrable",
      })
  void theRestOfTheBatchIsWrittenTogether(String index) {
    table(index);
    statements();
    for (int batch = 0; batch < 3; batch++) {
      touchAll();
      exchange(10, 20);
      exchange(30, 40);
      nextTransaction();
      exchange(20, 50 + batch);
      touchAll();
      apply();
      assertThat(statements()).as("batch %d", batch).isLessThan(FEW);
    }
    touchAll();
    apply();
    assertThat(statements()).as("nothing was exchanged").isLessThan(FEW);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "create unique index on items (slot)",
        "create unique index on items (v) where slot > 0",
        "create unique index on items (lower(v), slot)",
      })
  void rowsThatKeepTheirValuesAreWrittenBeforeOthers(String index) {
    table(index);
    put(10, null, v(10));
    exchange(10, 20);
    touchAll();
    apply();
    database.execute(
        "create table written (at serial, id int)",
        """
        create function noted() returns trigger language plpgsql as $$
        begin
          insert into public.written (id) values (new.id);
          return null;
        end $$""",
        "create trigger noted after update or insert on items for each row execute function noted()");
    exchange(20, 40);
    touchAll();
    delete(7);
    Integer left = slot(10);
    put(10, 501, v(10));
    put(500, left, "new");
    nextTransaction();
    touchAll();
    exchange(40, 30);
    touch(500);
    apply();
    List<Integer> order =
        database.query("select id from written order by at").stream()
            .map(row -> Integer.valueOf(row.get(0)))
            .toList();
    assertThat(order.subList(0, ROWS - 5))
        .doesNotHaveDuplicates()
        .doesNotContain(7, 10, 20, 30, 40, 500);
    assertThat(order.subList(ROWS - 5, order.size())).containsOnly(10, 20, 30, 40, 500);
  }

  @Test
  void aRowMayNeedAValueThatAnotherHasAgainInTheEnd() {
    table("create unique index on items (slot)");
    exchange(10, 20);
    apply();
    statements();
    for (int batch = 0; batch < 3; batch++) {
      touchAll();
      Integer lent = slot(30);
      put(30, -30, v(30));
      Integer its = slot(40);
      put(40, lent, v(40));
      put(50, its, v(50));
      put(40, 1000 + batch, v(40));
      put(30, lent, v(30));
      put(60, 2000 + batch, v(60));
      touchAll();
      apply();
      assertThat(statements()).as("batch %d", batch).isLessThan(FEW);
    }
  }

  @Test
  void keysThatChangePlacesDoNotHoldUpOthers() {
    table("create unique index on items (slot)");
    statements();
    for (int batch = 0; batch < 2; batch++) {
      touchAll();
      move(10, -1);
      move(20, 10);
      move(-1, 20);
      move(30, 1000 + batch);
      exchange(10, 40);
      touchAll();
      apply();
      assertThat(statements()).isLessThan(FEW);
      move(1000 + batch, 30);
      apply();
      statements();
    }
  }

  @Test
  void valuesMoveAlongAChainAndInACircle() {
    table("create unique index on items (slot)");
    for (int id = 20; id >= 10; id--) {
      put(id, id == 20 ? 1000 : id + 1, v(id));
    }
    apply();
    for (int batch = 0; batch < 2; batch++) {
      Integer freed = slot(30);
      put(30, null, v(30));
      for (int id = 31; id <= 40; id++) {
        Integer its = slot(id);
        put(id, freed, v(id));
        freed = its;
      }
      put(30, freed, v(30));
      apply();
    }
  }

  @Test
  void aRowLeavesItsValueToANewOneAndIsDeleted() {
    table("create unique index on items (slot)");
    for (int batch = 0; batch < 2; batch++) {
      touchAll();
      exchange(1, 2);
      int slot = slot(3 + batch);
      delete(3 + batch);
      put(500 + batch, slot, "new");
      put(4 + batch, -7 - batch, v(4 + batch));
      put(600 + batch, 4 + batch, "new");
      exchange(500 + batch, 600 + batch);
      apply();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "alter table items add exclude using btree (slot with =)",
        "alter table items add exclude using btree (slot with =) deferrable",
        "alter table items add total int generated always as (slot + 1) stored unique",
        "create unique index on items ((1 / (slot + 10))) where slot = 10",
      })
  void whatNobodyCanTellIsAppliedInOrder(String index) {
    table(index);
    for (int batch = 0; batch < 2; batch++) {
      touchAll();
      exchange(10, 20);
      exchange(30, 40);
      line.apply(taken());
      assertThat(database.query("select id, slot, v, n from items order by id"))
          .hasSize(model.size())
          .contains(List.of("10", slot(10).toString(), v(10), model.get(10)[3].toString()));
    }
  }

  @Test
  void nullThatOnlyOneRowMayHaveMovesToo() {
    table("alter table items add unique nulls not distinct (slot)");
    put(10, null, v(10));
    apply();
    for (int batch = 0; batch < 2; batch++) {
      touchAll();
      exchange(10, 20);
      exchange(20, 10);
      exchange(10, 30);
      exchange(30, 10);
      apply();
    }
  }

  @Test
  void missingRowsAreCountedAsEver() {
    table("create unique index on items (slot)");
    database.execute("delete from items where id in (7, 8)");
    touchAll();
    exchange(10, 20);
    delete(8);
    var applied = line.apply(taken());
    assertEqual();
    assertThat(applied.missed()).isEqualTo(2);
    touchAll();
    exchange(10, 20);
    apply();
    database.execute("delete from items where id = 9");
    touchAll();
    exchange(10, 20);
    assertThat(line.apply(taken()).missed()).isEqualTo(1);
    assertEqual();
  }

  @Test
  void aValueThatTheTargetAloneHoldsUniqueStopsTheTable() {
    table("create unique index on items (slot)");
    touchAll();
    exchange(10, 20);
    apply();
    touchAll();
    exchange(10, 20);
    put(30, slot(31), v(30));
    assertThatThrownBy(() -> line.apply(taken()))
        .isInstanceOfSatisfying(
            DatabaseException.class, e -> assertThat(e.sqlState()).isEqualTo("23505"));
  }

  @Test
  void changesThatComeAgainTakeWhatTheyNeed() {
    table("create unique index on items (slot)");
    touchAll();
    exchange(10, 20);
    exchange(20, 30);
    WalBytes[] batch = taken();
    line.apply(batch);
    assertEqual();
    line.apply(batch);
    assertEqual();
    touchAll();
    exchange(10, 20);
    apply();
  }

  @Test
  void thePartOfALongTransactionIsDividedAsWell() {
    table("create unique index on items (slot)");
    statements();
    touchAll();
    exchange(10, 20);
    line.applyPart(part());
    touchAll();
    exchange(20, 30);
    line.applyPart(part());
    exchange(30, 40);
    apply();
    assertThat(statements()).isLessThan(2 * FEW);
  }

  private WalBytes[] part() {
    WalBytes[] part = changes.toArray(WalBytes[]::new);
    changes.clear();
    return part;
  }

  @Test
  void aGroupsTablesDoNotHoldEachOtherUp() {
    table("create unique index on items (slot)");
    var other = TableWire.of("app", "others").column("id", "int4", KEY).column("v", "text");
    database.execute("create table others (id int primary key, v text unique)");
    Line others = database.line(other);
    database.unmark();
    var group = new Group(database.target());
    group.with(others, other.insert(tx, 1, "a"), other.insert(tx, 2, "b")).apply();
    statements();
    for (int batch = 0; batch < 3; batch++) {
      touchAll();
      exchange(10, 20);
      touchAll();
      WalTx its = tx;
      List<String> values = new ArrayList<>(List.of("a", "b"));
      Collections.rotate(values, batch + 1);
      group
          .with(line, taken())
          .with(
              others,
              other.update(its, 1, "away"),
              other.update(its, 2, values.get(1)),
              other.update(its, 1, values.get(0)))
          .apply();
      assertEqual();
      assertThat(database.rows("others"))
          .isEqualTo("(1,%s) (2,%s)".formatted(values.get(0), values.get(1)));
      assertThat(statements()).as("batch %d", batch).isLessThan(FEW);
    }
  }
}
