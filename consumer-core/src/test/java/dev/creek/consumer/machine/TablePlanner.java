package dev.creek.consumer.machine;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Makes up a source table. */
final class TablePlanner {
  private static final int MAX_KEY_COLUMNS = 3;
  private static final int MAX_OTHERS = 5;

  private final Dice dice;
  private final String name;
  private final Set<Ingredient> ingredients = EnumSet.noneOf(Ingredient.class);
  private final List<ColumnPlan> columns = new ArrayList<>();
  private List<String> key = List.of();

  TablePlanner(Dice dice, String name) {
    this.dice = dice;
    this.name = name;
  }

  /**
   * @param tagged whether rows are numbered, so that it shows what becomes of them
   * @param leastPrivilege whether the target's table is not the service's
   */
  TablePlan plan(boolean tagged, boolean leastPrivilege) {
    chooseColumns();
    String suffix = "";
    if (key.isEmpty()) {
      ingredients.add(Ingredient.KEYLESS);
    } else if (dice.adds(Ingredient.PARTITIONED_SOURCE, 8)) {
      ingredients.add(Ingredient.PARTITIONED_SOURCE);
      suffix = " partition by hash (" + key.get(0) + ")";
    }
    List<String> ddl = new ArrayList<>();
    ddl.add(create(tagged) + suffix);
    if (!suffix.isEmpty()) {
      ddl.addAll(partitions(name));
    }
    ddl.addAll(unique());
    ddl.addAll(identity());
    TargetPlanner target = new TargetPlanner(dice, name, columns, key, ingredients);
    List<String> targetDdl = target.ddl(tagged, leastPrivilege);
    return new TablePlan(name, List.copyOf(columns), key, ddl, targetDdl, ingredients, tagged);
  }

  static List<String> partitions(String table) {
    return IntStream.range(0, 2)
        .mapToObj(
            i ->
                "create table %1$s_p%2$d partition of %1$s for values with (modulus 2, remainder %2$d)"
                    .formatted(table, i))
        .toList();
  }

  private void chooseColumns() {
    boolean keyed = !dice.adds(Ingredient.KEYLESS, 25);
    int keys = keyed ? 1 + dice.below(dice.chance(50) ? 1 : MAX_KEY_COLUMNS) : 0;
    for (int i = 0; i < keys; i++) {
      columns.add(new ColumnPlan("k" + i, dice.one(Kind.OF_KEYS), true));
    }
    int others = 1 + dice.below(MAX_OTHERS);
    for (int i = 0; i < others; i++) {
      columns.add(new ColumnPlan("c" + i, dice.one(Kind.ALL), dice.chance(30)));
    }
    key = dice.some(columns.subList(0, keys).stream().map(ColumnPlan::name).toList(), keys);
    java.util.Collections.shuffle(columns, dice.random());
  }

  private String create(boolean tagged) {
    Stream<String> all = columns.stream().map(ColumnPlan::ddl);
    if (tagged) {
      all =
          Stream.concat(
              all, Stream.of(TablePlan.ROW_ID + " int not null default nextval('app.row_ids')"));
    }
    if (!key.isEmpty()) {
      all = Stream.concat(all, Stream.of("primary key (" + String.join(", ", key) + ")"));
    }
    return all.collect(joining(", ", "create table " + name + " (", ")"));
  }

  private List<String> unique() {
    List<ColumnPlan> free =
        columns.stream()
            .filter(column -> column.kind().keyable() && !key.contains(column.name()))
            .toList();
    if (free.isEmpty()
        || ingredients.contains(Ingredient.PARTITIONED_SOURCE)
        || !dice.adds(Ingredient.SECOND_UNIQUE, 15)) {
      return List.of();
    }
    ingredients.add(Ingredient.SECOND_UNIQUE);
    return List.of("alter table " + name + " add unique (" + dice.one(free).name() + ")");
  }

  private List<String> identity() {
    boolean full = dice.adds(Ingredient.FULL_IDENTITY, key.isEmpty() ? 75 : 20);
    boolean byIndex = dice.adds(Ingredient.INDEX_IDENTITY, 8);
    boolean nothing = dice.adds(Ingredient.NO_IDENTITY, 5);
    if (full) {
      ingredients.add(Ingredient.FULL_IDENTITY);
      return identity("full");
    }
    List<ColumnPlan> indexed =
        columns.stream()
            .filter(c -> c.notNull() && c.kind().keyable() && !key.contains(c.name()))
            .toList();
    if (byIndex && !indexed.isEmpty() && !ingredients.contains(Ingredient.PARTITIONED_SOURCE)) {
      ingredients.add(Ingredient.INDEX_IDENTITY);
      String index = name.substring(name.indexOf('.') + 1) + "_identity";
      return List.of(
          "create unique index %s on %s (%s)".formatted(index, name, dice.one(indexed).name()),
          "alter table %s replica identity using index %s".formatted(name, index));
    }
    if (nothing) {
      ingredients.add(Ingredient.NO_IDENTITY);
      return identity("nothing");
    }
    return List.of();
  }

  /** Partitions do not inherit it. */
  private List<String> identity(String which) {
    Stream<String> tables = Stream.of(name);
    if (ingredients.contains(Ingredient.PARTITIONED_SOURCE)) {
      tables = Stream.concat(tables, Stream.of(name + "_p0", name + "_p1"));
    }
    return tables.map(table -> "alter table " + table + " replica identity " + which).toList();
  }
}
