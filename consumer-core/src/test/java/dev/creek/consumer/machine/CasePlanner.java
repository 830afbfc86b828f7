package dev.creek.consumer.machine;

import static dev.creek.consumer.machine.Ingredient.*;

import dev.creek.consumer.api.Generation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Makes up a case from its seed. */
final class CasePlanner {
  private static final int MAX_TABLES = 3;
  private static final int LEAST_ACTS = 6;
  private static final int MORE_ACTS = 14;

  private static final List<Duration> OFFSETS =
      List.of(
          Duration.ofSeconds(2),
          Duration.ofSeconds(-2),
          Duration.ofSeconds(60),
          Duration.ofSeconds(-60),
          Duration.ofHours(3),
          Duration.ofHours(-3));

  private final long seed;
  private final Generation generation;
  private final Dice dice;
  private final Set<Ingredient> ingredients = EnumSet.noneOf(Ingredient.class);

  private CasePlanner(long seed, Generation generation, Set<Ingredient> excluded) {
    this.seed = seed;
    this.generation = generation;
    this.dice = new Dice(seed, excluded);
  }

  /**
   * @param excluded what is not to be in it
   */
  static CasePlan plan(long seed, Generation generation, Set<Ingredient> excluded) {
    return new CasePlanner(seed, generation, excluded).plan();
  }

  private CasePlan plan() {
    boolean tagged = add(TAGS, 25);
    boolean leastPrivilege = add(LEAST_PRIVILEGE, 15);
    List<TablePlan> tables = new ArrayList<>();
    int count = 1 + dice.below(MAX_TABLES);
    for (int i = 0; i < count; i++) {
      tables.add(new TablePlanner(dice, "app.t" + i).plan(tagged, leastPrivilege));
    }
    Set<String> fromEmpty = new TreeSet<>();
    if (add(NO_FIRST_SNAPSHOT, 10)) {
      fromEmpty.add(dice.one(tables).name());
    }
    Duration offset = add(CLOCK_OFFSET, 30) ? dice.one(OFFSETS) : Duration.ZERO;
    HistoryPlanner history = new HistoryPlanner(dice, tables, ingredients);
    List<Act> before = history.transactions(dice.below(4));
    List<Act> acts = history.acts(LEAST_ACTS + dice.below(MORE_ACTS), tagged);
    return new CasePlan(
        seed, generation, tables, Set.copyOf(ingredients), offset, fromEmpty, before, acts);
  }

  private boolean add(Ingredient ingredient, int percent) {
    boolean added = dice.adds(ingredient, percent);
    if (added) {
      ingredients.add(ingredient);
    }
    return added;
  }
}
