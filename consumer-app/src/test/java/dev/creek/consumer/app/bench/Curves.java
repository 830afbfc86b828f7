package dev.creek.consumer.app.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * One picture of values that change, a curve each.
 *
 * @param title in words, with the unit
 * @param curves points by name, at least one each, from left to right
 * @param across how values are spread from left to right
 * @param up the same from bottom to top
 */
record Curves(String title, Map<String, List<double[]>> curves, Axis across, Axis up) {
  private static final int WIDTH = 860;
  private static final int HEIGHT = 300;
  private static final int LEFT = 70;
  private static final int RIGHT = 150;
  private static final int TOP = 40;
  private static final int BOTTOM = 30;
  private static final int STEPS = 5;

  /** Stands for nothing, which has no logarithm. */
  private static final double LEAST = 1e-3;

  /** The spread of values over a side. */
  enum Axis {
    EVEN,
    /** Each step is ten times the one before. */
    DECADES
  }

  /** Rate, and latency of each contender, of a scenario that was watched for a while. */
  static Map<String, String> of(String scenario, Map<String, Timeline> timelines) {
    Map<String, String> pictures = new LinkedHashMap<>();
    pictures.put(
        scenario + "-rate.svg",
        new Curves(
                "rows that became visible in a second, by second of the run",
                curves(timelines, "", Timeline.Moment::rate),
                Axis.EVEN,
                Axis.EVEN)
            .toString());
    Map<String, List<double[]>> late = new LinkedHashMap<>();
    late.putAll(curves(timelines, " p50", Timeline.Moment::p50));
    late.putAll(curves(timelines, " p99", Timeline.Moment::p99));
    pictures.put(
        scenario + "-latency.svg",
        new Curves(
                "milliseconds from commit to visible, by second of the run",
                late,
                Axis.EVEN,
                Axis.DECADES)
            .toString());
    return pictures;
  }

  private static Map<String, List<double[]>> curves(
      Map<String, Timeline> timelines, String suffix, ToDoubleFunction<Timeline.Moment> value) {
    Map<String, List<double[]>> curves = new LinkedHashMap<>();
    timelines.forEach(
        (contender, timeline) ->
            curves.put(
                contender + suffix,
                timeline.moments().stream()
                    .map(moment -> new double[] {moment.second(), value.applyAsDouble(moment)})
                    .toList()));
    return curves;
  }

  @Override
  public String toString() {
    Scale x = Scale.of(across, curves, 0, LEFT, WIDTH - RIGHT);
    Scale y = Scale.of(up, curves, 1, HEIGHT - BOTTOM, TOP);
    Svg svg = new Svg(WIDTH, HEIGHT).heading(LEFT, 20, title);
    for (double at : x.steps()) {
      svg.line(x.place(at), TOP, x.place(at), HEIGHT - BOTTOM, Plots.GRID);
      svg.words(x.place(at), HEIGHT - BOTTOM + 16, "middle", number(at));
    }
    for (double at : y.steps()) {
      svg.line(LEFT, y.place(at), WIDTH - RIGHT, y.place(at), Plots.GRID);
      svg.words(LEFT - 6, y.place(at) + 4, "end", number(at));
    }
    int next = 0;
    for (Map.Entry<String, List<double[]>> curve : curves.entrySet()) {
      String color = Plots.COLORS.get(next % Plots.COLORS.size());
      svg.curve(
          curve.getValue().stream()
              .map(point -> new double[] {x.place(point[0]), y.place(point[1])})
              .toList(),
          color);
      svg.box(WIDTH - RIGHT + 12, TOP + 18 * next, 10, 10, color);
      svg.words(WIDTH - RIGHT + 28, TOP + 10 + 18 * next, "start", curve.getKey());
      next++;
    }
    return svg.toString();
  }

  private static String number(double value) {
    return String.format(
        Locale.ROOT, value < 10 && value != Math.rint(value) ? "%.1f" : "%,.0f", value);
  }

  /** The places of values. */
  private record Scale(Axis axis, double least, double most, double from, double to) {

    static Scale of(
        Axis axis, Map<String, List<double[]>> curves, int which, double from, double to) {
      List<Double> values = new ArrayList<>();
      curves.values().forEach(curve -> curve.forEach(point -> values.add(point[which])));
      double most = values.stream().mapToDouble(Double::doubleValue).max().orElse(1);
      double least = values.stream().mapToDouble(Double::doubleValue).min().orElse(0);
      if (axis == Axis.EVEN) {
        return new Scale(axis, 0, Math.max(most, LEAST) * 1.05, from, to);
      }
      double first = Math.floor(Math.log10(Math.max(least, LEAST)));
      double last = Math.ceil(Math.log10(Math.max(most, LEAST)));
      return new Scale(axis, first, Math.max(first + 1, last), from, to);
    }

    double place(double value) {
      double at = axis == Axis.EVEN ? value : Math.log10(Math.max(value, LEAST));
      return from + (at - least) / (most - least) * (to - from);
    }

    List<Double> steps() {
      List<Double> steps = new ArrayList<>();
      if (axis == Axis.DECADES) {
        for (double exponent = least; exponent <= most; exponent++) {
          steps.add(Math.pow(10, exponent));
        }
        return steps;
      }
      double step = Math.pow(10, Math.floor(Math.log10(most / STEPS)));
      while (most / step > 2 * STEPS) {
        step *= 2;
      }
      for (double at = 0; at <= most; at += step) {
        steps.add(at);
      }
      return steps;
    }
  }
}
