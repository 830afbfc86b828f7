package dev.creek.consumer.row;

import static dev.creek.consumer.row.Targets.column;
import static dev.creek.consumer.row.Targets.notNull;
import static dev.creek.consumer.row.Targets.rows;
import static dev.creek.consumer.row.Targets.target;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.TableWire.Identity;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random histories, cut into batches anywhere, fold to what the changes do one by one. */
final class HistoryTest {
  private static final TableWire TABLE =
      TableWire.of("app", "t")
          .column("a", "int4", Flag.KEY)
          .column("v", "text")
          .column("b", "text", Flag.KEY);
  private static final TargetShape WITH_KEY =
      target(
          List.of("a", "b"),
          notNull("a", PgType.INT4),
          column("v", PgType.TEXT),
          notNull("b", PgType.TEXT));
  private static final TargetShape WITHOUT_KEY =
      target(
          List.of(), column("a", PgType.INT4), column("v", PgType.TEXT), column("b", PgType.TEXT));

  static LongStream seeds() {
    return LongStream.range(0, 40);
  }

  /** A source table that makes up changes and remembers what it holds after each. */
  private static final class Source {
    final Random random;
    final TableWire wire;
    final Map<List<String>, List<String>> table = new TreeMap<>(HistoryTest::compare);
    final List<WalBytes> messages = new ArrayList<>();
    final List<List<List<String>>> states = new ArrayList<>();

    /** By key: the change that inserted its row; and all of them behind each change. */
    final Map<List<String>, Integer> births = new HashMap<>();

    final List<Map<List<String>, Integer>> allBirths = new ArrayList<>();

    Source(long seed, TableWire wire) {
      this.random = new Random(seed);
      this.wire = wire;
    }

    void change(int n) {
      var tx = WalTx.of(n);
      var key = List.of(Integer.toString(random.nextInt(4)), "k".repeat(random.nextInt(3)));
      var old = table.get(key);
      int dice = random.nextInt(20);
      if (dice == 0) {
        table.clear();
        births.clear();
        messages.add(wire.truncate(tx));
      } else if (old == null) {
        births.put(key, n);
        messages.add(wire.insert(tx, put(key, n)));
      } else if (dice < 8) {
        messages.add(wire.update(tx, map(old), put(key, n)));
      } else if (dice < 14) {
        table.remove(key);
        births.remove(key);
        messages.add(wire.delete(tx, map(old)));
      } else {
        var to = List.of(Integer.toString(random.nextInt(4)), "k".repeat(random.nextInt(3)));
        if (table.containsKey(to) && !to.equals(key)) {
          return;
        }
        table.remove(key);
        births.put(to, births.remove(key));
        messages.add(wire.update(tx, map(old), put(to, n)));
      }
      states.add(List.copyOf(table.values()));
      allBirths.add(Map.copyOf(births));
    }

    private Map<String, Object> put(List<String> key, int n) {
      var row = List.of(key.get(0), "v" + n, key.get(1));
      table.put(key, row);
      return map(row);
    }

    private Map<String, Object> map(List<String> row) {
      return wire.row(Integer.valueOf(row.get(0)), row.get(1), row.get(2));
    }
  }

  private static int compare(List<String> left, List<String> right) {
    return left.toString().compareTo(right.toString());
  }

  private static Source history(long seed, TableWire wire) {
    var source = new Source(seed, wire);
    for (int n = 0; n < 300; n++) {
      source.change(n);
    }
    return source;
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void foldedBatchesEqualTheirChanges(long seed) {
    var identity = seed % 2 == 0 ? Identity.DEFAULT : Identity.FULL;
    var wire = TABLE.identity(identity);
    var source = history(seed, wire);
    var plan = ChangePlan.of(wire.walSchema(), WITH_KEY);
    var changes = Targets.changes(wire.walSchema(), source.messages);
    var target = new Target(plan);
    for (int from = 0, to; from < changes.size(); from = to) {
      to = Math.min(changes.size(), from + 1 + source.random.nextInt(60));
      target.apply(plan.fold(changes.subList(from, to)));
      assertThat(target.table.values())
          .as("changes %d to %d", from, to)
          .containsExactlyElementsOf(source.states.get(to - 1));
      target.assertKept(
          source.allBirths.get(to - 1), from == 0 ? Map.of() : source.allBirths.get(from - 1));
    }
  }

  /** A table with a key, whose rows have a column of which the source knows nothing. */
  private static final class Target {
    final ChangePlan plan;
    final Map<List<String>, List<String>> table = new TreeMap<>(HistoryTest::compare);

    /** By key: what the other column holds, once somebody has filled it. */
    final Map<List<String>, Integer> kept = new HashMap<>();

    Target(ChangePlan plan) {
      this.plan = plan;
    }

    /** Each row must be there, or must not be there, as the batch says. */
    void apply(FoldedChanges folded) {
      assertThat(folded.ordered()).isFalse();
      if (folded.truncate()) {
        table.clear();
        kept.clear();
      }
      for (var key : rows(plan.keyColumns(), folded.deletes())) {
        assertThat(table.remove(key)).as("deleted").isNotNull();
        kept.remove(key);
      }
      for (var key : rows(plan.keyColumns(), folded.vacated())) {
        assertThat(table).as("vacated").doesNotContainKey(key);
      }
      move(FoldTest.moves(plan, folded));
      for (var row : rows(plan.columns(), folded.updates())) {
        assertThat(table.put(key(row), row)).as("updated").isNotNull();
      }
      for (var row : rows(plan.columns(), folded.inserts())) {
        assertThat(table.put(key(row), row)).as("inserted").isNull();
      }
    }

    private void move(List<List<String>> moves) {
      var moved = new HashMap<List<String>, Integer>();
      for (var move : moves) {
        var row = move.subList(2, 5);
        assertThat(table.remove(move.subList(0, 2))).as("moved").isNotNull();
        moved.put(key(row), kept.remove(move.subList(0, 2)));
      }
      for (var move : moves) {
        var row = move.subList(2, 5);
        assertThat(table.put(key(row), row)).as("moved").isNull();
      }
      kept.putAll(moved);
    }

    /** Rows that were there before must have theirs; others get one. */
    void assertKept(Map<List<String>, Integer> births, Map<List<String>, Integer> before) {
      births.forEach(
          (key, birth) -> {
            if (before.containsValue(birth)) {
              assertThat(kept).as("kept").containsEntry(key, birth);
            }
            kept.put(key, birth);
          });
    }
  }

  private static List<String> key(List<String> row) {
    return List.of(row.get(0), row.get(2));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void unfoldedBatchesEqualTheirChanges(long seed) {
    var wire = TABLE.identity(Identity.FULL);
    var source = history(seed, wire);
    var plan = ChangePlan.of(wire.walSchema(), seed % 2 == 0 ? WITH_KEY : WITHOUT_KEY);
    var target = new ArrayList<List<String>>();
    for (Step step : plan.unfolded(Targets.changes(wire.walSchema(), source.messages))) {
      if (step instanceof Step.Truncate) {
        target.clear();
      } else if (step instanceof Step.Delete delete) {
        remove(plan, target, rows(plan.keyColumns(), delete.key()).get(0));
      } else if (step instanceof Step.Insert insert) {
        target.addAll(rows(plan.columns(), insert.rows()));
      } else if (step instanceof Step.Update update) {
        var row = rows(plan.columns(), update.row()).get(0);
        remove(plan, target, key(row));
        target.add(row);
      } else if (step instanceof Step.Replace replace) {
        remove(plan, target, rows(plan.keyColumns(), replace.key()).get(0));
        target.add(rows(plan.columns(), replace.row()).get(0));
      }
    }
    assertThat(target)
        .containsExactlyInAnyOrderElementsOf(source.states.get(source.states.size() - 1));
  }

  /** Exactly one. */
  private static void remove(ChangePlan plan, List<List<String>> target, List<String> key) {
    int before = target.size();
    target.removeIf(row -> plan.key() == null ? row.equals(key) : key(row).equals(key));
    assertThat(target).hasSize(before - 1);
  }
}
