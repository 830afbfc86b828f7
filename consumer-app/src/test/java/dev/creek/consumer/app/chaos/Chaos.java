package dev.creek.consumer.app.chaos;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Grouping;
import java.time.Duration;
import java.util.Locale;

/**
 * The long run: {@code ./mvnw -q -Pchaos -Dchaos.minutes=60 -Dchaos.seed=7 -Dchaos.generation=old}.
 * Prints each fault and how long it took from its end to equal tables, and at the end a table of
 * that; fails on the first thing that does not hold.
 */
public final class Chaos {
  private Chaos() {}

  /** Ends with an error where something did not hold. */
  public static void main(String[] arguments) {
    long seed = Long.getLong("chaos.seed", System.currentTimeMillis() % 100_000);
    Duration limit = Duration.ofMinutes(Long.getLong("chaos.minutes", 10));
    String generation = System.getProperty("chaos.generation", "new").toUpperCase(Locale.ROOT);
    String grouping = System.getProperty("chaos.grouping", "table").toUpperCase(Locale.ROOT);
    new ChaosRun(Generation.valueOf(generation), Grouping.valueOf(grouping), seed, System.out)
        .during(limit, System.getProperty("chaos.faults", ""));
  }
}
