package dev.creek.consumer.app.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What is promised of a scenario.
 *
 * @param scenario its name
 * @param what is compared, as a sentence's end
 * @param limit the bar
 * @param kind how a result is held against it
 */
record Bar(String scenario, String what, double limit, Kind kind, Metric metric) {
  private static final double MILLION = 1e6;

  /** How a result is held against the bar. */
  enum Kind {
    /** Native replication's median by ours must be at least the limit. */
    TIMES_AS_FAST,
    /** Our median without exchanged values by ours with them must be at least the limit. */
    TIMES_UPDATES,
    /** Ours by native replication's median must be at most the limit. */
    TIMES_NATIVE,
    /** Our median must be at most the limit. */
    AT_MOST,
    /** None of our runs may have more than the limit. */
    NEVER_ABOVE
  }

  /**
   * How it went.
   *
   * @param value what is held against the bar
   */
  record Outcome(Bar bar, double value, boolean met) {
    /** For people. */
    String shown() {
      return switch (bar.kind) {
        case TIMES_AS_FAST, TIMES_UPDATES, TIMES_NATIVE ->
            String.format(Locale.ROOT, "%.2f ×", value);
        case AT_MOST, NEVER_ABOVE -> bar.shown(value);
      };
    }

    String limit() {
      return switch (bar.kind) {
        case TIMES_AS_FAST -> String.format(Locale.ROOT, "≥ %s × native", bar.limit);
        case TIMES_UPDATES -> String.format(Locale.ROOT, "≥ %s × updates", bar.limit);
        case TIMES_NATIVE -> String.format(Locale.ROOT, "≤ %s × native", bar.limit);
        case AT_MOST, NEVER_ABOVE -> "≤ " + bar.shown(bar.limit);
      };
    }
  }

  /** Those of the scenarios that were measured, as far as what they compare was. */
  static List<Outcome> outcomes(Results results) {
    List<Outcome> outcomes = new ArrayList<>();
    for (String scenario : results.scenarios()) {
      for (Bar bar : of(scenario)) {
        bar.value(results)
            .ifPresent(value -> outcomes.add(new Outcome(bar, value, bar.isMetBy(value))));
      }
    }
    return outcomes;
  }

  private static List<Bar> of(String scenario) {
    List<Bar> bars = new ArrayList<>();
    switch (scenario) {
      case "one-row" -> bars.add(speed(scenario, 1.5));
      case "thousand-rows", "mixed", "wide", "tables-500", "tx-5", "tpcb" ->
          bars.add(speed(scenario, 1.0));
      case "exchange" ->
          bars.add(new Bar(scenario, "speed", 0.7, Kind.TIMES_UPDATES, Metric.SECONDS));
      case "snapshot-clean" -> bars.add(speed(scenario, 0.6));
      case "snapshot-upsert" -> bars.add(speed(scenario, 0.35));
      case "latency-100" -> {
        bars.add(new Bar(scenario, "p50", 5, Kind.AT_MOST, Metric.P50_MILLIS));
        bars.add(new Bar(scenario, "p99", 25, Kind.AT_MOST, Metric.P99_MILLIS));
        bars.add(new Bar(scenario, "p50", 8, Kind.TIMES_NATIVE, Metric.P50_MILLIS));
        bars.add(new Bar(scenario, "p99", 8, Kind.TIMES_NATIVE, Metric.P99_MILLIS));
      }
      case "spread-1000" -> {
        bars.add(new Bar(scenario, "p50", 10, Kind.AT_MOST, Metric.P50_MILLIS));
        bars.add(new Bar(scenario, "p99", 50, Kind.AT_MOST, Metric.P99_MILLIS));
      }
      case "start" ->
          bars.add(new Bar(scenario, "first row", 1.5, Kind.AT_MOST, Metric.FIRST_ROW_SECONDS));
      default -> {}
    }
    bars.add(new Bar(scenario, "peak RSS", 200 * MILLION, Kind.NEVER_ABOVE, Metric.PEAK_RSS_BYTES));
    return bars;
  }

  private static Bar speed(String scenario, double limit) {
    return new Bar(scenario, "speed", limit, Kind.TIMES_AS_FAST, Metric.SECONDS);
  }

  private Optional<Double> value(Results results) {
    Optional<Spread> ours = results.spread(scenario, Creek.NAME, metric);
    Optional<Double> theirs = results.median(scenario, NativeReplication.NAME, metric);
    return switch (kind) {
      case TIMES_AS_FAST -> ours.flatMap(o -> theirs.map(t -> t / o.median()));
      case TIMES_UPDATES ->
          ours.flatMap(
              o ->
                  results
                      .median("updates", Creek.NAME, metric)
                      .map(undisturbed -> undisturbed / o.median()));
      case TIMES_NATIVE -> ours.flatMap(o -> theirs.map(t -> o.median() / t));
      case AT_MOST -> ours.map(Spread::median);
      case NEVER_ABOVE -> ours.map(Spread::max);
    };
  }

  private boolean isMetBy(double value) {
    boolean atLeast = kind == Kind.TIMES_AS_FAST || kind == Kind.TIMES_UPDATES;
    return atLeast ? value >= limit : value <= limit;
  }

  private String shown(double value) {
    return switch (metric) {
      case PEAK_RSS_BYTES -> String.format(Locale.ROOT, "%.0f MB", value / MILLION);
      case FIRST_ROW_SECONDS -> String.format(Locale.ROOT, "%.2f s", value);
      default -> String.format(Locale.ROOT, "%.1f ms", value);
    };
  }
}
