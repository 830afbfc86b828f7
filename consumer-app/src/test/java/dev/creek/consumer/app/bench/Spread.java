package dev.creek.consumer.app.bench;

import java.util.Collection;

/**
 * A value that was measured several times.
 *
 * @param median the middle one; of an even number, the mean of the two in the middle
 */
record Spread(double median, double min, double max) {

  /** Of at least one value. */
  static Spread of(Collection<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int last = sorted.length - 1;
    return new Spread((sorted[last / 2] + sorted[(last + 1) / 2]) / 2, sorted[0], sorted[last]);
  }

  /** The value below which {@code share} of the sorted values are. */
  static double percentile(double[] sorted, double share) {
    return sorted[
        (int) Math.min(sorted.length - 1L, Math.round(Math.floor(share * sorted.length)))];
  }
}
