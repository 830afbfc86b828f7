package dev.creek.consumer.machine;

import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** How tables ended, in all and by ingredient. Thread-safe. */
final class Tally {
  private final Map<Outcome.Result, Integer> all = new EnumMap<>(Outcome.Result.class);
  private final Map<Outcome.Result, Integer> plain = new EnumMap<>(Outcome.Result.class);
  private final Map<Ingredient, Map<Outcome.Result, Integer>> by = new TreeMap<>();
  private final long began = System.nanoTime();
  private int cases;

  synchronized void add(CasePlan plan, Trial trial) {
    cases++;
    for (Outcome outcome : trial.outcomes()) {
      TablePlan table =
          plan.tables().stream()
              .filter(each -> each.name().equals(outcome.table()))
              .findFirst()
              .orElseThrow();
      all.merge(outcome.result(), 1, Integer::sum);
      if (plan.mustEndEqual(table)) {
        plain.merge(outcome.result(), 1, Integer::sum);
      }
      for (Ingredient ingredient : plan.around(table)) {
        by.computeIfAbsent(ingredient, each -> new EnumMap<>(Outcome.Result.class))
            .merge(outcome.result(), 1, Integer::sum);
      }
    }
  }

  @Override
  public synchronized String toString() {
    long seconds = (System.nanoTime() - began) / 1_000_000_000;
    StringBuilder text = new StringBuilder();
    text.append("%d cases in %d s%n".formatted(cases, seconds));
    text.append("%-24s %s%n".formatted("all tables", all));
    text.append("%-24s %s%n".formatted("nothing to stop for", plain));
    by.forEach((each, results) -> text.append("%-24s %s%n".formatted(each, results)));
    return text.toString();
  }
}
