package dev.creek.consumer.app.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** All that was measured, by scenario and contender, in the order in which it came. */
final class Results {
  private final Map<String, Map<String, List<Measured>>> runs = new LinkedHashMap<>();
  private final Map<String, Map<String, Timeline>> timelines = new LinkedHashMap<>();

  void add(String scenario, String contender, Measured run) {
    runs.computeIfAbsent(scenario, s -> new LinkedHashMap<>())
        .computeIfAbsent(contender, c -> new ArrayList<>())
        .add(run);
  }

  /** The last one of a contender counts. */
  void add(String scenario, String contender, Timeline timeline) {
    timelines.computeIfAbsent(scenario, s -> new LinkedHashMap<>()).put(contender, timeline);
  }

  /** By contender; empty where a scenario has none. */
  Map<String, Timeline> timelines(String scenario) {
    return timelines.getOrDefault(scenario, Map.of());
  }

  Set<String> scenarios() {
    return runs.keySet();
  }

  Set<String> contenders(String scenario) {
    return runs.getOrDefault(scenario, Map.of()).keySet();
  }

  List<Measured> runs(String scenario, String contender) {
    return runs.getOrDefault(scenario, Map.of()).getOrDefault(contender, List.of());
  }

  /** Empty where it was not measured. */
  Optional<Spread> spread(String scenario, String contender, Metric metric) {
    List<Double> values =
        runs(scenario, contender).stream()
            .flatMap(run -> run.value(metric).stream().boxed())
            .toList();
    return values.isEmpty() ? Optional.empty() : Optional.of(Spread.of(values));
  }

  Optional<Double> median(String scenario, String contender, Metric metric) {
    return spread(scenario, contender, metric).map(Spread::median);
  }
}
