package dev.creek.consumer.app;

import java.util.concurrent.TimeUnit;

/**
 * A token bucket: a number of events a second, and a number at once after a pause. Not thread-safe.
 */
final class RateLimit {
  private final double perNano;
  private final int burst;
  private double tokens;
  private long filledAt;

  /**
   * @param perSecond 0 for no limit
   * @param burst at least 1
   * @param now {@link System#nanoTime()}
   */
  RateLimit(double perSecond, int burst, long now) {
    this.perNano = perSecond / TimeUnit.SECONDS.toNanos(1);
    this.burst = burst;
    this.tokens = burst;
    this.filledAt = now;
  }

  /** Tells whether one more may pass now. */
  boolean admits(long now) {
    if (perNano == 0) {
      return true;
    }
    tokens = Math.min(burst, tokens + (now - filledAt) * perNano);
    filledAt = now;
    if (tokens < 1) {
      return false;
    }
    tokens--;
    return true;
  }
}
