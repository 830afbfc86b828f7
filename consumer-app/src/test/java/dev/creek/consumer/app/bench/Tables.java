package dev.creek.consumer.app.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The tables of a report. */
final class Tables {
  private static final double MEGABYTE = 1e6;
  private static final double MICROS = 1e6;
  private static final String NONE = "";

  /** The processor seconds of all processes. */
  static final List<Metric> PROCESSORS =
      List.of(Metric.CONSUMER_CPU, Metric.TARGET_CPU, Metric.SOURCE_CPU, Metric.BROKER_CPU);

  private final Results results;

  Tables(Results results) {
    this.results = results;
  }

  /** Medians with their spread of what has a duration. */
  Table speed() {
    Table table =
        new Table("scenario", "", "seconds", "min – max", "changes/s", "× native", "first row, s");
    for (String scenario : results.scenarios()) {
      for (String contender : results.contenders(scenario)) {
        results
            .spread(scenario, contender, Metric.SECONDS)
            .ifPresent(seconds -> table.row(speed(scenario, contender, seconds)));
      }
    }
    return table;
  }

  private List<String> speed(String scenario, String contender, Spread seconds) {
    Optional<Double> nativeSeconds =
        results.median(scenario, NativeReplication.NAME, Metric.SECONDS);
    return List.of(
        scenario,
        contender,
        number("%.2f", seconds.median()),
        number("%.2f", seconds.min()) + " – " + number("%.2f", seconds.max()),
        shown(scenario, contender, Metric.CHANGES_PER_SECOND, "%,.0f", 1),
        nativeSeconds.map(other -> number("%.2f", other / seconds.median())).orElse(NONE),
        shown(scenario, contender, Metric.FIRST_ROW_SECONDS, "%.2f", 1));
  }

  /** What it costs: processor seconds by process, and memory. */
  Table footprint() {
    Table table =
        new Table(
            "scenario",
            "",
            "consumer",
            "target",
            "source",
            "nats",
            "all, s",
            "peak RSS, MB",
            "B/change");
    for (String scenario : results.scenarios()) {
      for (String contender : results.contenders(scenario)) {
        if (results.median(scenario, contender, Metric.TARGET_CPU).isPresent()) {
          table.row(footprint(scenario, contender));
        }
      }
    }
    return table;
  }

  private List<String> footprint(String scenario, String contender) {
    List<String> row = new ArrayList<>(List.of(scenario, contender));
    double all = 0;
    for (Metric metric : PROCESSORS) {
      all += results.median(scenario, contender, metric).orElse(0.0);
      row.add(shown(scenario, contender, metric, "%.2f", 1));
    }
    row.add(number("%.2f", all));
    row.add(shown(scenario, contender, Metric.PEAK_RSS_BYTES, "%.0f", MEGABYTE));
    row.add(shown(scenario, contender, Metric.ALLOCATED_BYTES, "%,.0f", 1));
    return row;
  }

  /** The same processor time by changes. */
  Table cost() {
    Table table = new Table("scenario", "", "consumer", "target", "source", "nats", "all, µs");
    for (String scenario : results.scenarios()) {
      for (String contender : results.contenders(scenario)) {
        Optional<Double> changes = results.median(scenario, contender, Metric.CHANGES);
        if (changes.isPresent()
            && results.median(scenario, contender, Metric.TARGET_CPU).isPresent()) {
          table.row(cost(scenario, contender, changes.get() / MICROS));
        }
      }
    }
    return table;
  }

  private List<String> cost(String scenario, String contender, double unit) {
    List<String> row = new ArrayList<>(List.of(scenario, contender));
    double all = 0;
    for (Metric metric : PROCESSORS) {
      all += results.median(scenario, contender, metric).orElse(0.0);
      row.add(shown(scenario, contender, metric, "%.1f", unit));
    }
    row.add(number("%.1f", all / unit));
    return row;
  }

  /** Milliseconds from commit to visible. */
  Table latency() {
    Table table = new Table("scenario", "", "p50, ms", "p90", "p99", "p99.9", "max");
    for (String scenario : results.scenarios()) {
      for (String contender : results.contenders(scenario)) {
        if (results.median(scenario, contender, Metric.P50_MILLIS).isPresent()) {
          table.row(
              List.of(
                  scenario,
                  contender,
                  shown(scenario, contender, Metric.P50_MILLIS, "%.2f", 1),
                  shown(scenario, contender, Metric.P90_MILLIS, "%.2f", 1),
                  shown(scenario, contender, Metric.P99_MILLIS, "%.2f", 1),
                  shown(scenario, contender, Metric.P999_MILLIS, "%.1f", 1),
                  shown(scenario, contender, Metric.MAX_MILLIS, "%.1f", 1)));
        }
      }
    }
    return table;
  }

  /** Results against what is promised. */
  Table bars() {
    Table table = new Table("scenario", "", "bar", "measured", "met");
    for (Bar.Outcome outcome : Bar.outcomes(results)) {
      table.row(
          List.of(
              outcome.bar().scenario(),
              outcome.bar().what(),
              outcome.limit(),
              outcome.shown(),
              outcome.met() ? "yes" : "**no**"));
    }
    return table;
  }

  private String shown(
      String scenario, String contender, Metric metric, String format, double unit) {
    return results
        .median(scenario, contender, metric)
        .map(value -> number(format, value / unit))
        .orElse(NONE);
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
