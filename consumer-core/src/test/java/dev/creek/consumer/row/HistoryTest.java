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
import java.util.HashSet;
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
        messages.add(wire.truncate(tx));
      } else if (old == null) {
        messages.add(wire.insert(tx, put(key, n)));
      } else if (dice < 8) {
        messages.add(wire.update(tx, map(old), put(key, n)));
      } else if (dice < 14) {
        table.remove(key);
        messages.add(wire.delete(tx, map(old)));
      } else {
        var to = List.of(Integer.toString(random.nextInt(4)), "k".repeat(random.nextInt(3)));
        if (table.containsKey(to) && !to.equals(key)) {
          return;
        }
        table.remove(key);
        messages.add(wire.update(tx, map(old), put(to, n)));
      }
      states.add(List.copyOf(table.values()));
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
    var target = new TreeMap<List<String>, List<String>>(HistoryTest::compare);
    for (int from = 0, to; from < changes.size(); from = to) {
      to = Math.min(changes.size(), from + 1 + source.random.nextInt(60));
      apply(plan, plan.fold(changes.subList(from, to)), target);
      assertThat(target.values())
          .as("changes %d to %d", from, to)
          .containsExactlyElementsOf(source.states.get(to - 1));
    }
  }

  private static void apply(
      ChangePlan plan, FoldedChanges folded, Map<List<String>, List<String>> target) {
    if (folded.truncate()) {
      target.clear();
    }
    var seen = new HashSet<List<String>>();
    for (var key : rows(plan.keyColumns(), folded.deletes())) {
      assertThat(seen.add(key)).as("key once").isTrue();
      target.remove(key);
    }
    for (var row : rows(plan.columns(), folded.upserts())) {
      var key = List.of(row.get(0), row.get(2));
      assertThat(seen.add(key)).as("key once").isTrue();
      target.put(key, row);
    }
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
        var key = rows(plan.keyColumns(), delete.key()).get(0);
        assertThat(target.removeIf(row -> plan.key() == null ? row.equals(key) : sameKey(row, key)))
            .isTrue();
      } else if (step instanceof Step.Write write) {
        for (var row : rows(plan.columns(), write.rows())) {
          if (plan.key() != null) {
            target.removeIf(old -> sameKey(old, List.of(row.get(0), row.get(2))));
          }
          target.add(row);
        }
      }
    }
    assertThat(target)
        .containsExactlyInAnyOrderElementsOf(source.states.get(source.states.size() - 1));
  }

  private static boolean sameKey(List<String> row, List<String> key) {
    return row.get(0).equals(key.get(0)) && row.get(2).equals(key.get(1));
  }
}
