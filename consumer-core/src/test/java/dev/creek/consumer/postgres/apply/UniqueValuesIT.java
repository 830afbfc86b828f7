package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Rows with two unique values, one of which is the key: both move from row to row, and changes come
 * again from anywhere.
 */
final class UniqueValuesIT {
  private static final int SEEDS = 3;
  private static final int TRANSACTIONS = 60;
  private static final int ROWS = 5;

  /** A source whose key is the one value, and one whose key is the other. */
  private static final TableWire BY_ID =
      TableWire.of("app", "items")
          .column("id", "int4", KEY)
          .column("mark", "int4")
          .column("v", "text");

  private static final TableWire BY_MARK =
      TableWire.of("app", "items")
          .column("id", "int4")
          .column("mark", "int4", KEY)
          .column("v", "text");

  private static final String TARGET =
      "create table items (id int primary key, mark int not null unique, v text)";

  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(15);

  static Stream<Arguments> histories() {
    return IntStream.range(0, SEEDS)
        .boxed()
        .flatMap(
            seed ->
                Stream.of(
                    Arguments.of(seed, "id", Generation.NEW),
                    Arguments.of(seed, "mark", Generation.NEW),
                    Arguments.of(seed, "mark", Generation.OLD)));
  }

  private static TableWire wire(String key, Generation generation) {
    return (key.equals("id") ? BY_ID : BY_MARK).generation(generation);
  }

  private Line line(TableWire wire) {
    database.execute(TARGET);
    var line = database.line(wire);
    database.unmark();
    return line;
  }

  private List<String> rows() {
    return database.query("select id, mark, v from items order by id").stream()
        .map(row -> String.join(" ", row))
        .toList();
  }

  private String marks() {
    return database.value(
        "select string_agg(cause || ': ' || detail, ', ') from _creek_consumer.incompleteness");
  }

  /** A source table that makes up transactions. */
  private static final class Source {
    private record Row(int id, int mark, String v) {}

    private final TableWire wire;
    private final Random random;
    private final Map<Integer, Row> rows = new TreeMap<>();
    private final List<List<WalBytes>> transactions = new ArrayList<>();
    private final List<List<String>> states = new ArrayList<>();
    private WalTx tx = WalTx.of(0);
    private List<WalBytes> changes = new ArrayList<>();
    private int version;

    Source(TableWire wire, long seed) {
      this.wire = wire;
      this.random = new Random(seed);
      for (int n = 1; n <= TRANSACTIONS; n++) {
        tx = WalTx.of(n);
        changes = new ArrayList<>();
        while (changes.isEmpty()) {
          act();
        }
        transactions.add(changes);
        states.add(
            rows.values().stream().map(row -> row.id + " " + row.mark + " " + row.v).toList());
      }
    }

    private void act() {
      int id = random.nextInt(ROWS);
      Row row = rows.get(id);
      if (row == null) {
        insert(id);
        return;
      }
      int other = random.nextInt(ROWS);
      switch (random.nextInt(6)) {
        case 0 -> delete(row);
        case 1 -> put(row, id, row.mark);
        case 2 -> put(row, id, freeMark());
        case 3 -> renamed(row, other);
        case 4 -> swapped(row, rows.get(other));
        default -> {
          delete(row);
          insert(id);
        }
      }
    }

    private void insert(int id) {
      var row = new Row(id, freeMark(), "v" + ++version);
      rows.put(id, row);
      changes.add(wire.insert(tx, id, row.mark, row.v));
    }

    private void delete(Row row) {
      rows.remove(row.id);
      changes.add(wire.delete(tx, wire.row(row.id, row.mark, row.v)));
    }

    private Row put(Row before, int id, int mark) {
      var after = new Row(id, mark, "v" + ++version);
      rows.remove(before.id);
      rows.put(id, after);
      changes.add(
          wire.update(
              tx,
              wire.row(before.id, before.mark, before.v),
              wire.row(after.id, after.mark, after.v)));
      return after;
    }

    private void renamed(Row row, int id) {
      if (!rows.containsKey(id)) {
        put(row, id, row.mark);
      }
    }

    /** The two change their marks, or their ids, by way of a third. */
    private void swapped(Row one, Row other) {
      if (other == null || one.equals(other)) {
        return;
      }
      if (random.nextBoolean()) {
        Row away = put(one, one.id, -1);
        put(other, other.id, one.mark);
        put(away, away.id, other.mark);
      } else {
        Row away = put(one, -1, one.mark);
        put(other, one.id, other.mark);
        put(away, other.id, away.mark);
      }
    }

    private int freeMark() {
      List<Integer> free =
          IntStream.range(0, 2 * ROWS)
              .filter(mark -> rows.values().stream().noneMatch(row -> row.mark == mark))
              .boxed()
              .toList();
      return free.get(random.nextInt(free.size()));
    }

    private List<String> last() {
      return states.get(states.size() - 1);
    }
  }

  /** Applies transactions in batches of a few. */
  private static void apply(Line line, List<List<WalBytes>> transactions, Random random) {
    for (int from = 0, to; from < transactions.size(); from = to) {
      to = Math.min(transactions.size(), from + 1 + random.nextInt(6));
      line.apply(
          transactions.subList(from, to).stream().flatMap(List::stream).toArray(WalBytes[]::new));
    }
  }

  @ParameterizedTest(name = "seed {0}, key {1}, {2}")
  @MethodSource("histories")
  void endWhereTheyAreAtTheSourceHoweverOftenChangesComeAgain(
      int seed, String key, Generation generation) {
    var source = new Source(wire(key, generation), seed);
    var random = new Random(seed);
    var line = line(source.wire);
    apply(line, source.transactions, random);
    assertThat(rows()).isEqualTo(source.last());
    for (int again = 0; again < 8; again++) {
      if (random.nextBoolean()) {
        line.restart();
      }
      int from = random.nextInt(source.transactions.size());
      apply(line, source.transactions.subList(from, source.transactions.size()), random);
      assertThat(rows()).as("from transaction %d on", from).isEqualTo(source.last());
    }
    assertThat(marks()).isNull();
  }

  @ParameterizedTest(name = "seed {0}, key {1}, {2}")
  @MethodSource("histories")
  void soTheyDoWhereTheProducerBeginsAgainWithinABatch(
      int seed, String key, Generation generation) {
    var source = new Source(wire(key, generation), seed);
    var line = line(source.wire);
    for (int i = 0; i < source.transactions.size(); i++) {
      List<WalBytes> transaction = source.transactions.get(i);
      line.apply(
          Stream.concat(transaction.stream(), transaction.stream()).toArray(WalBytes[]::new));
      assertThat(rows()).as("transaction %d twice", i).isEqualTo(source.states.get(i));
    }
    assertThat(marks()).isNull();
  }

  /** The snapshot's time is before what it holds, by as much as it takes to begin it. */
  @ParameterizedTest(name = "seed {0}, key {1}, {2}")
  @MethodSource("histories")
  void soTheyDoBehindASnapshotThatHoldsWhatWasCommittedSince(
      int seed, String key, Generation generation) {
    var source = new Source(wire(key, generation), seed);
    var random = new Random(seed);
    var line = line(source.wire);
    int held = TRANSACTIONS / 2;
    apply(line, source.transactions.subList(0, held), random);
    database.execute(
        "update _creek_consumer.subscriptions set ahead_until = '%1$s', \"timestamp\" = '%1$s'"
            .formatted(WalTx.of(held - 20).committedAt()));
    line.restart();
    apply(line, source.transactions.subList(held - 30, TRANSACTIONS), random);
    assertThat(rows()).isEqualTo(source.last());
    assertThat(marks()).isIn(null, "unproven: unique values");
  }

  @Test
  void whatIsNewTakesNothingFromOthers() {
    var line = line(BY_MARK);
    line.apply(BY_MARK.insert(WalTx.of(1), 1, 10, "a"), BY_MARK.insert(WalTx.of(1), 2, 20, "b"));
    var before = BY_MARK.row(1, 10, "a");
    assertThatThrownBy(
            () -> line.apply(BY_MARK.update(WalTx.of(2), before, BY_MARK.row(2, 11, "c"))))
        .isInstanceOfSatisfying(
            DatabaseException.class, e -> assertThat(e.sqlState()).isEqualTo("23505"));
    assertThat(rows()).containsExactly("1 10 a", "2 20 b");
  }
}
