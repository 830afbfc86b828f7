package dev.creek.consumer.app.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The pictures of a report. */
final class Plots {
  private static final int WIDTH = 860;
  private static final int LEFT = 190;
  private static final int RIGHT = 90;
  private static final int TOP = 56;
  private static final int BAR = 15;
  private static final int GAP = 12;
  static final String GRID = "#dddddd";
  static final List<String> COLORS = List.of("#1f6feb", "#9aa4b2", "#d9a441", "#3fa45b", "#8b5cf6");
  private static final Map<Metric, String> PARTS = parts();
  private static final List<Metric> PERCENTILES =
      List.of(
          Metric.P50_MILLIS,
          Metric.P90_MILLIS,
          Metric.P99_MILLIS,
          Metric.P999_MILLIS,
          Metric.MAX_MILLIS);

  private final Results results;

  Plots(Results results) {
    this.results = results;
  }

  private static Map<Metric, String> parts() {
    Map<Metric, String> parts = new LinkedHashMap<>();
    parts.put(Metric.CONSUMER_CPU, "consumer");
    parts.put(Metric.TARGET_CPU, "target");
    parts.put(Metric.SOURCE_CPU, "source");
    parts.put(Metric.BROKER_CPU, "nats");
    return parts;
  }

  /** File names and pictures; none of what was not measured. */
  Map<String, String> all() {
    Map<String, String> pictures = new LinkedHashMap<>();
    List<Row> fast = rows(Metric.CHANGES_PER_SECOND);
    if (!fast.isEmpty()) {
      pictures.put("throughput.svg", throughput(fast));
      pictures.put("processor.svg", processor(fast));
    }
    List<Row> late = rows(Metric.P50_MILLIS);
    if (!late.isEmpty()) {
      pictures.put("latency.svg", latency(late));
    }
    for (String scenario : results.scenarios()) {
      if (!results.timelines(scenario).isEmpty()) {
        pictures.putAll(Curves.of(scenario, results.timelines(scenario)));
      }
    }
    Map<String, List<double[]>> scaling = scaling();
    if (scaling.values().stream().anyMatch(curve -> curve.size() > 1)) {
      pictures.put(
          "tables-scaling.svg",
          new Curves(
                  "processor time of all processes, µs a change, by number of tables",
                  scaling,
                  Curves.Axis.DECADES,
                  Curves.Axis.DECADES)
              .toString());
    }
    return pictures;
  }

  /** By contender: what a change costs, over the number of tables. */
  private Map<String, List<double[]>> scaling() {
    Map<String, List<double[]>> curves = new LinkedHashMap<>();
    for (Row row : rows(Metric.CHANGES)) {
      if (row.scenario().startsWith(Backlog.SCALING + "-")) {
        double tables = Double.parseDouble(row.scenario().substring(Backlog.SCALING.length() + 1));
        curves
            .computeIfAbsent(row.contender(), c -> new ArrayList<>())
            .add(new double[] {tables, cpu(row) * 1e6 / median(row, Metric.CHANGES)});
      }
    }
    return curves;
  }

  private record Row(String scenario, String contender) {}

  private List<Row> rows(Metric metric) {
    List<Row> rows = new ArrayList<>();
    for (String scenario : results.scenarios()) {
      for (String contender : results.contenders(scenario)) {
        // What takes its time to start has no speed.
        if (!scenario.equals("start") && results.median(scenario, contender, metric).isPresent()) {
          rows.add(new Row(scenario, contender));
        }
      }
    }
    return rows;
  }

  private double median(Row row, Metric metric) {
    return results.median(row.scenario(), row.contender(), metric).orElse(0.0);
  }

  private static int height(List<Row> rows) {
    long scenarios = rows.stream().map(Row::scenario).distinct().count();
    return TOP + rows.size() * (BAR + 3) + (int) scenarios * GAP + 20;
  }

  private String throughput(List<Row> rows) {
    double most =
        rows.stream().mapToDouble(r -> median(r, Metric.CHANGES_PER_SECOND)).max().orElse(1);
    Svg svg =
        new Svg(WIDTH, height(rows)).heading(LEFT, 24, "changes applied in a second (median)");
    layOut(
        rows,
        svg,
        (row, y) -> {
          double value = median(row, Metric.CHANGES_PER_SECOND);
          double width = value / most * (WIDTH - LEFT - RIGHT);
          svg.box(LEFT, y, width, BAR, color(row.contender()));
          svg.words(LEFT + width + 6, y + 12, "start", String.format(Locale.ROOT, "%,.0f", value));
        });
    return svg.toString();
  }

  private String processor(List<Row> rows) {
    double most = rows.stream().mapToDouble(this::cpu).max().orElse(1);
    Svg svg =
        new Svg(WIDTH, height(rows)).heading(LEFT, 24, "processor seconds (median), by process");
    int at = LEFT;
    int next = 0;
    for (String part : PARTS.values()) {
      svg.box(at, 34, 10, 10, COLORS.get(next++)).words(at + 15, 44, "start", part);
      at += 90;
    }
    layOut(
        rows,
        svg,
        (row, y) -> {
          double x = LEFT;
          int color = 0;
          for (Metric part : PARTS.keySet()) {
            double width = median(row, part) / Math.max(most, 1e-9) * (WIDTH - LEFT - RIGHT);
            svg.box(x, y, width, BAR, COLORS.get(color++));
            x += width;
          }
          svg.words(x + 6, y + 12, "start", String.format(Locale.ROOT, "%.1f s", cpu(row)));
        });
    return svg.toString();
  }

  private double cpu(Row row) {
    return PARTS.keySet().stream().mapToDouble(part -> median(row, part)).sum();
  }

  private String latency(List<Row> rows) {
    double most = rows.stream().mapToDouble(r -> median(r, Metric.MAX_MILLIS)).max().orElse(1);
    double decades = Math.max(1, Math.ceil(Math.log10(most) + 1));
    double decade = (WIDTH - LEFT - RIGHT) / decades;
    Svg svg =
        new Svg(WIDTH, height(rows))
            .heading(LEFT, 24, "milliseconds from commit to visible: p50, p90, p99, p99.9, max");
    for (int i = 0; i <= decades; i++) {
      double x = LEFT + i * decade;
      svg.line(x, TOP - 8, x, height(rows) - 20, GRID);
      svg.words(
          x,
          height(rows) - 6,
          "middle",
          i == 0 ? "0.1" : Long.toString(Math.round(Math.pow(10, i - 1.0))));
    }
    layOut(
        rows,
        svg,
        (row, y) -> {
          for (Metric percentile : PERCENTILES) {
            double at = Math.max(0, Math.log10(Math.max(0.1, median(row, percentile))) + 1);
            svg.dot(LEFT + at * decade, y + BAR / 2.0, color(row.contender()));
          }
        });
    return svg.toString();
  }

  /** Draws one row. */
  private interface Drawing {
    void draw(Row row, double y);
  }

  private static void layOut(List<Row> rows, Svg svg, Drawing drawing) {
    double y = TOP;
    String scenario = "";
    for (Row row : rows) {
      if (!row.scenario().equals(scenario)) {
        y += scenario.isEmpty() ? 0 : GAP;
        scenario = row.scenario();
        svg.words(8, y + 12, "start", scenario);
      }
      svg.words(LEFT - 8, y + 12, "end", row.contender());
      drawing.draw(row, y);
      y += BAR + 3;
    }
  }

  private static String color(String contender) {
    return switch (contender) {
      case Creek.NAME -> COLORS.get(0);
      case NativeReplication.NAME -> COLORS.get(1);
      case PlainCopy.NAME -> COLORS.get(2);
      default -> COLORS.get(3);
    };
  }
}
