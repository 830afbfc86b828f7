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
                options.scenarios().isEmpty()
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
        new Backlog("tables-scaling-1", "tables-scaling", datasets.over(1)),
        new Backlog("tables-scaling-10", "tables-scaling", datasets.over(10)),
        new Backlog("tables-scaling-100", "tables-scaling", datasets.over(100)),
        new Backlog("tables-scaling-500", "tables-scaling", datasets.over(500)),
        new Backlog("tables-scaling-1000", "tables-scaling", datasets.over(1000)),
        new Snapshot("snapshot-clean", datasets.narrowRows("snap_clean"), Snapshot.Mode.CLEAN),
        new Snapshot("snapshot-upsert", datasets.narrowRows("snap_upsert"), Snapshot.Mode.UPSERT),
        new Snapshot("snapshot-wide", datasets.wideRows("snap_wide"), Snapshot.Mode.CLEAN),
        new Latency(100),
        new Latency(1000),
        Latency.spread(1000, 500),
        new Start(datasets.few()));
  }
}
