package dev.creek.consumer.machine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Random choices of a case, among ingredients that are allowed. Not thread-safe. */
final class Dice {
  private final Random random;
  private final Set<Ingredient> excluded;

  Dice(long seed, Set<Ingredient> excluded) {
    this.random = new Random(seed);
    this.excluded = Set.copyOf(excluded);
  }

  Random random() {
    return random;
  }

  boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  /** Rolls the same dice whether it is excluded or not, so that a seed's other choices stay. */
  boolean adds(Ingredient ingredient, int percent) {
    return chance(percent) && !excluded.contains(ingredient);
  }

  /** From 0 on. */
  int below(int bound) {
    return random.nextInt(bound);
  }

  <T> T one(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  /** So many, or fewer where there are not so many, in any order. */
  <T> List<T> some(Collection<T> from, int count) {
    List<T> all = new ArrayList<>(from);
    Collections.shuffle(all, random);
    return all.subList(0, Math.min(count, all.size()));
  }

  /** Those of them that are allowed. */
  List<Ingredient> allowed(List<Ingredient> ingredients) {
    return ingredients.stream().filter(each -> !excluded.contains(each)).toList();
  }
}
