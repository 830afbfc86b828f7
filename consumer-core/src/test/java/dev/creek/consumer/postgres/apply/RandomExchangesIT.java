package dev.creek.consumer.postgres.apply;

import static dev.creek.consumer.testing.TableWire.Flag.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.postgres.Group;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.TargetDatabase;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalBytes;
import dev.creek.consumer.testing.WalTx;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random histories of tables with unique indexes of many kinds, whose rows take each other's values
 * all the time: after each batch the target is where the source is. {@code -Dcreek.histories=N}
 * runs more seeds, {@code -Dcreek.seed=S} begins with another.
 */
final class RandomExchangesIT {
  private static final int BATCHES = 25;
  private static final int IDS = 40;

  @RegisterExtension static final TargetDatabase database = TargetDatabase.onVersion(15);

  /** The unique indexes of a table, for SQL and for the model: what no two rows may share. */
  private enum Index {
    SLOT("(slot)"),
    /** NULL is a value like others. */
    ONLY_NULL("(part) nulls not distinct"),
    PAIR("(part, name)"),
    LOWER("(lower(name))"),
    SOME("(name) where part > 3");

    private final String sql;

    Index(String sql) {
      this.sql = sql;
    }

    /** What no other row may have; null if any may. */
    @Nullable Object value(Row row) {
      return switch (this) {
        case SLOT -> row.slot;
        case ONLY_NULL -> Optional.ofNullable(row.part);
        case PAIR -> row.part == null ? null : List.of(row.part, row.name);
        case LOWER -> row.name.toLowerCase(Locale.ROOT);
        case SOME -> row.part == null || row.part <= 3 ? null : row.name;
      };
    }
  }

  private record Row(int id, @Nullable Integer slot, @Nullable Integer part, String name, int n) {
    Object[] values() {
      return new Object[] {id, slot, part, name, n};
    }
  }

  /** A table of the source. */
  private static final class Source {
    private final TableWire wire;
    private final List<Index> indexes;
    private final Random random;
    private final Map<Integer, Row> rows = new TreeMap<>();
    private List<WalBytes> changes = new ArrayList<>();
    private WalTx tx = WalTx.of(1);
    private int count;

    Source(String table, Generation generation, List<Index> indexes, long seed) {
      this.wire =
          TableWire.of("app", table)
              .generation(generation)
              .column("id", "int4", KEY)
              .column("slot", "int4")
              .column("part", "int4")
              .column("name", "text")
              .column("n", "int4");
      this.indexes = indexes;
      this.random = new Random(seed);
    }

    String[] ddl() {
      String table = wire.source().table();
      return Stream.concat(
              Stream.of(
                  "create table %s (id int primary key, slot int, part int, name text, n int)"
                      .formatted(table)),
              indexes.stream().map(index -> "create unique index on " + table + " " + index.sql))
          .toArray(String[]::new);
    }

    WalBytes[] transaction(int number) {
      tx = WalTx.of(number);
      changes = new ArrayList<>();
      int acts = 1 + random.nextInt(6);
      while (acts-- > 0 || changes.isEmpty()) {
        act();
      }
      return changes.toArray(WalBytes[]::new);
    }

    private void act() {
      Row row = rows.get(random.nextInt(IDS));
      Row other = rows.get(random.nextInt(IDS));
      switch (random.nextInt(10)) {
        case 0, 1 -> put(null, any(random.nextInt(IDS)));
        case 2 -> delete(row);
        case 3 -> put(row, any(random.nextInt(IDS)));
        case 4, 5, 6 -> exchange(row, other);
        case 7 -> exchangeKeys(row, other);
        default -> put(row, row == null ? null : any(row.id));
      }
    }

    private Row any(int id) {
      return new Row(
          id,
          random.nextInt(5) == 0 ? null : Integer.valueOf(random.nextInt(2 * IDS)),
          random.nextInt(8) == 0 ? null : Integer.valueOf(random.nextInt(3 * IDS)),
          (random.nextBoolean() ? "n" : "N") + random.nextInt(3 * IDS),
          ++count);
    }

    /** If the indexes allow it. */
    private boolean put(@Nullable Row before, @Nullable Row after) {
      if (after == null || (before != null && !before.equals(rows.get(before.id)))) {
        return false;
      }
      boolean taken =
          rows.values().stream()
              .filter(row -> !row.equals(before))
              .anyMatch(row -> clash(row, after));
      if (taken) {
        return false;
      }
      if (before != null) {
        rows.remove(before.id);
      }
      rows.put(after.id, after);
      changes.add(
          before == null
              ? wire.insert(tx, after.values())
              : wire.update(tx, wire.row(before.values()), wire.row(after.values())));
      return true;
    }

    private boolean clash(Row one, Row other) {
      return one.id == other.id
          || indexes.stream()
              .anyMatch(
                  index -> {
                    Object value = index.value(one);
                    return value != null && value.equals(index.value(other));
                  });
    }

    private void delete(@Nullable Row row) {
      if (row != null && rows.remove(row.id) != null) {
        changes.add(wire.delete(tx, wire.row(row.values())));
      }
    }

    /** All values by way of others, now and then with something in between. */
    private void exchange(@Nullable Row one, @Nullable Row other) {
      if (one == null || other == null || one.equals(other)) {
        return;
      }
      Row away = new Row(one.id, -one.id - 1, -one.id - 1, "away" + one.id, ++count);
      if (put(one, away)) {
        if (random.nextInt(3) == 0) {
          put(null, any(random.nextInt(IDS)));
        }
        Row taking = new Row(other.id, one.slot, one.part, one.name, ++count);
        if (put(other, taking)) {
          put(away, new Row(away.id, other.slot, other.part, other.name, ++count));
        }
      }
    }

    private void exchangeKeys(@Nullable Row one, @Nullable Row other) {
      if (one == null || other == null || one.equals(other)) {
        return;
      }
      Row away = withId(one, -1);
      if (put(one, away) && put(other, withId(other, one.id))) {
        put(away, withId(away, other.id));
      }
      // Nobody stays there.
      Row left = rows.get(-1);
      if (left != null) {
        delete(left);
      }
    }

    private Row withId(Row row, int id) {
      return new Row(id, row.slot, row.part, row.name, ++count);
    }

    List<List<String>> expected() {
      return rows.values().stream()
          .map(
              row ->
                  Arrays.stream(row.values())
                      .map(value -> value == null ? null : Objects.toString(value))
                      .toList())
          .toList();
    }
  }

  static Stream<Arguments> histories() {
    int first = Integer.getInteger("creek.seed", 1);
    return IntStream.range(first, first + Integer.getInteger("creek.histories", 3))
        .boxed()
        .flatMap(
            seed ->
                Stream.of(Generation.values())
                    .flatMap(
                        generation ->
                            Stream.of(true, false)
                                .map(grouped -> Arguments.of(seed, generation, grouped))));
  }

  private static List<Index> some(Random random) {
    List<Index> some =
        Arrays.stream(Index.values()).filter(index -> random.nextInt(5) < 2).toList();
    return some.isEmpty() ? List.of(Index.SLOT) : some;
  }

  @ParameterizedTest(name = "seed {0}, {1}, grouped {2}")
  @MethodSource("histories")
  void endWhereTheSourceIsAfterEachBatch(int seed, Generation generation, boolean grouped) {
    var random = new Random(seed);
    List<Source> sources =
        Stream.of("one", "two")
            .map(table -> new Source(table, generation, some(random), random.nextLong()))
            .toList();
    sources.forEach(source -> database.execute(source.ddl()));
    List<Line> lines = sources.stream().map(source -> database.line(source.wire)).toList();
    database.unmark();
    var group = new Group(database.target());
    int transaction = 0;
    for (int batch = 0; batch < BATCHES; batch++) {
      int transactions = 1 + random.nextInt(batch % 2 == 0 ? 5 : 60);
      List<WalBytes[]> changes = new ArrayList<>();
      for (Source source : sources) {
        List<WalBytes> its = new ArrayList<>();
        for (int t = 1; t <= transactions; t++) {
          its.addAll(List.of(source.transaction(transaction + t)));
        }
        changes.add(its.toArray(WalBytes[]::new));
      }
      transaction += transactions;
      apply(group, lines, changes, grouped, random.nextInt(4) == 0);
      for (Source source : sources) {
        String table = source.wire.source().table();
        assertThat(database.query("select * from " + table + " order by id"))
            .as("batch %d, %s, %s", batch, table, source.indexes)
            .isEqualTo(source.expected());
      }
    }
    assertThat(database.value("select count(*) from _creek_consumer.incompleteness"))
        .isEqualTo("0");
  }

  /**
   * @param parted whether a batch comes as two parts of one long transaction
   */
  private static void apply(
      Group group, List<Line> lines, List<WalBytes[]> changes, boolean grouped, boolean parted) {
    if (grouped) {
      if (parted) {
        half(group, lines, changes, true).applyPart();
      }
      (parted ? half(group, lines, changes, false) : all(group, lines, changes)).apply();
      return;
    }
    for (int i = 0; i < lines.size(); i++) {
      if (parted) {
        lines.get(i).applyPart(half(changes.get(i), true));
      }
      lines.get(i).apply(parted ? half(changes.get(i), false) : changes.get(i));
    }
  }

  private static Group.Parts all(Group group, List<Line> lines, List<WalBytes[]> changes) {
    Group.Parts parts = group.with(lines.get(0), changes.get(0));
    return parts.with(lines.get(1), changes.get(1));
  }

  private static Group.Parts half(
      Group group, List<Line> lines, List<WalBytes[]> changes, boolean first) {
    return all(group, lines, changes.stream().map(its -> half(its, first)).toList());
  }

  private static WalBytes[] half(WalBytes[] changes, boolean first) {
    int middle = (changes.length + 1) / 2;
    return first
        ? Arrays.copyOfRange(changes, 0, middle)
        : Arrays.copyOfRange(changes, middle, changes.length);
  }
}
