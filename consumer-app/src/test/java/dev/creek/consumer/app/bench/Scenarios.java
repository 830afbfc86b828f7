package dev.creek.consumer.app.bench;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** All scenarios, in the order in which they run. */
final class Scenarios {
  private Scenarios() {}

  /**
   * Those that the options name.
   *
   * @throws IllegalArgumentException where there is none of a name
   */
  static List<Scenario> chosen(BenchOptions options) {
    List<Scenario> all = all(options);
    Set<String> names = new TreeSet<>();
    all.forEach(scenario -> names.addAll(List.of(scenario.name(), scenario.group())));
    for (String name : options.scenarios()) {
      if (!names.contains(name)) {
        throw new IllegalArgumentException(
            "-Dbench.scenarios=%s is none of %s".formatted(name, names));
      }
    }
    return all.stream()
        .filter(
            scenario ->
                (options.scenarios().isEmpty() && (options.everything() || !scenario.takesLong()))
                    || options.scenarios().contains(scenario.name())
                    || options.scenarios().contains(scenario.group()))
        .toList();
  }

  private static List<Scenario> all(BenchOptions options) {
    Datasets datasets = new Datasets(options.scale());
    return List.of(
        new Backlog("one-row", datasets.oneRow()),
        new Backlog("thousand-rows", datasets.thousandRows()),
        new Backlog("mixed", datasets.mixed()),
        new Backlog("wide", datasets.wide()),
        new Backlog("million", datasets.million()),
        new Backlog("eight", datasets.eight()),
        new Backlog("updates", "exchange", datasets.updates()),
        new Backlog("exchange", "exchange", datasets.exchange()),
        new Backlog("tables-500", "groups", datasets.manyTables()),
        new Backlog("tx-5", "groups", datasets.fiveTables()),
        new Backlog("tpcb", "groups", datasets.tpcb()),
        Backlog.scaling(1, datasets),
        Backlog.scaling(10, datasets),
        Backlog.scaling(100, datasets),
        Backlog.scaling(500, datasets),
        Backlog.scaling(1000, datasets),
        new Snapshot("snapshot-clean", datasets.narrowRows("snap_clean"), Snapshot.Mode.CLEAN),
        new Snapshot("snapshot-upsert", datasets.narrowRows("snap_upsert"), Snapshot.Mode.UPSERT),
        new Snapshot("snapshot-wide", datasets.wideRows("snap_wide"), Snapshot.Mode.CLEAN),
        Latency.of(100, options),
        Latency.of(1000, options),
        Latency.spread(1000, 500, options),
        Latency.steady(1000, options),
        new Start(datasets.few()));
  }
}
