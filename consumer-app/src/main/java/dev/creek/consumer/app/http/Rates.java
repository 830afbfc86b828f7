package dev.creek.consumer.app.http;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Changes a second over the last minutes, in equal steps. Thread-safe. */
final class Rates {
  /** Long enough to see a trend, short enough to see a stop. */
  static final Duration STEP = Duration.ofSeconds(5);

  static final int POINTS = 60;

  private final double[] points = new double[POINTS];
  private int next;
  private long lastTotal;
  private long lastNanos;

  Rates(long now) {
    lastNanos = now;
  }

  /**
   * Ends a step.
   *
   * @param total all changes so far
   * @param now {@link System#nanoTime()}
   */
  synchronized void sample(long total, long now) {
    double seconds = Math.max(1, now - lastNanos) / (double) TimeUnit.SECONDS.toNanos(1);
    points[next] = (total - lastTotal) / seconds;
    next = (next + 1) % POINTS;
    lastTotal = total;
    lastNanos = now;
  }

  /** The rate of the last step. */
  synchronized double latest() {
    return points[(next + POINTS - 1) % POINTS];
  }

  /** Oldest first. */
  synchronized double[] all() {
    double[] ordered = new double[POINTS];
    for (int i = 0; i < POINTS; i++) {
      ordered[i] = points[(next + i) % POINTS];
    }
    return ordered;
  }
}
