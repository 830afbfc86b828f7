package dev.creek.consumer.app.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The course of a run from moment to moment.
 *
 * @param moments in order
 */
record Timeline(List<Moment> moments) {
  private static final int MOMENTS = 60;

  Timeline {
    moments = List.copyOf(moments);
  }

  /**
   * The arrivals in a part of the time.
   *
   * @param second at which it begins
   * @param rate rows that became visible, a second
   * @param p50 milliseconds from commit to visible, of what was committed then
   * @param p99 the same
   */
  record Moment(double second, double rate, double p50, double p99) {}

  /**
   * A row.
   *
   * @param committed at the source, in microseconds since 1970
   * @param seen at the target, the same
   */
  record Sighting(long committed, long seen) {
    double millis() {
      return (seen - committed) / 1e3;
    }
  }

  /** Of rows in any order. */
  static Timeline of(List<Sighting> rows) {
    long begin = rows.stream().mapToLong(Sighting::committed).min().orElse(0);
    long end = rows.stream().mapToLong(Sighting::seen).max().orElse(0) + 1;
    double micros = Math.max(1, (double) (end - begin) / MOMENTS);
    long[] visible = new long[MOMENTS];
    List<List<Double>> late = new ArrayList<>();
    for (int i = 0; i < MOMENTS; i++) {
      late.add(new ArrayList<>());
    }
    for (Sighting row : rows) {
      visible[(int) ((row.seen() - begin) / micros)]++;
      late.get((int) ((row.committed() - begin) / micros)).add(row.millis());
    }
    List<Moment> moments = new ArrayList<>();
    for (int i = 0; i < MOMENTS; i++) {
      double[] sorted = late.get(i).stream().mapToDouble(Double::doubleValue).toArray();
      Arrays.sort(sorted);
      if (sorted.length > 0) {
        moments.add(
            new Moment(
                i * micros / 1e6,
                visible[i] / (micros / 1e6),
                Spread.percentile(sorted, 0.5),
                Spread.percentile(sorted, 0.99)));
      }
    }
    return new Timeline(moments);
  }
}
