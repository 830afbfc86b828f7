package dev.creek.consumer.app.http;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import java.util.Arrays;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/** Counts values in fixed buckets. Thread-safe; never waits. */
final class Histogram {
  private final double[] bounds;
  private final LongAdder[] counts;
  private final DoubleAdder sum = new DoubleAdder();

  /**
   * @param bounds upper bounds, inclusive, rising; greater values count as well
   */
  Histogram(double... bounds) {
    this.bounds = Arrays.copyOf(bounds, bounds.length + 1);
    this.bounds[bounds.length] = Double.POSITIVE_INFINITY;
    this.counts = new LongAdder[this.bounds.length];
    Arrays.setAll(counts, i -> new LongAdder());
  }

  void record(long value) {
    record((double) value);
  }

  void record(double value) {
    int found = Arrays.binarySearch(bounds, value);
    counts[found < 0 ? -found - 1 : found].increment();
    sum.add(value);
  }

  /** Its current counts, under a name. */
  HistogramSnapshot snapshot(String name, String help) {
    long[] now = new long[counts.length];
    Arrays.setAll(now, i -> counts[i].sum());
    return HistogramSnapshot.builder()
        .name(name)
        .help(help)
        .dataPoint(
            HistogramDataPointSnapshot.builder()
                .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, now))
                .sum(sum.sum())
                .build())
        .build();
  }
}
