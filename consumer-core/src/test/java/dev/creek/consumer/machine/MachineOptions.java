package dev.creek.consumer.machine;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Grouping;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How the machine is to run.
 *
 * @param grouping of the service
 * @param seed of the first case; null for new ones
 * @param kept the numbers of acts to keep; null for all
 */
record MachineOptions(
    Duration time,
    List<Generation> generations,
    Grouping grouping,
    @Nullable Long seed,
    int cases,
    Set<Ingredient> excluded,
    int atOnce,
    boolean shrinks,
    @Nullable Set<Integer> kept) {

  /**
   * From system properties that begin with {@code machine.}; docs/development.md lists them.
   *
   * @param time without {@code machine.minutes}
   */
  static MachineOptions ofProperties(Duration time) {
    Long minutes = Long.getLong("machine.minutes");
    Long seed = Long.getLong("machine.seed");
    Set<Ingredient> excluded = EnumSet.noneOf(Ingredient.class);
    excluded.addAll(Ingredient.parse(System.getProperty("machine.without", "")));
    String acts = System.getProperty("machine.acts", "");
    return new MachineOptions(
        minutes == null ? time : Duration.ofMinutes(minutes),
        generations(System.getProperty("machine.generation", "both")),
        Grouping.valueOf(System.getProperty("machine.grouping", "table").toUpperCase(Locale.ROOT)),
        seed,
        Integer.getInteger("machine.cases", seed == null ? Integer.MAX_VALUE : 1),
        excluded,
        Integer.getInteger("machine.atonce", 2),
        Boolean.parseBoolean(System.getProperty("machine.shrink", "true")),
        acts.isEmpty()
            ? null
            : Arrays.stream(acts.split(",", -1)).map(Integer::valueOf).collect(Collectors.toSet()));
  }

  /** The same, from this seed on where none was asked for. */
  MachineOptions beginningAt(long firstSeed) {
    return seed != null
        ? this
        : new MachineOptions(
            time, generations, grouping, firstSeed, cases, excluded, atOnce, shrinks, kept);
  }

  private static List<Generation> generations(String name) {
    return name.equalsIgnoreCase("both")
        ? List.of(Generation.values())
        : List.of(Generation.valueOf(name.toUpperCase(Locale.ROOT)));
  }
}
