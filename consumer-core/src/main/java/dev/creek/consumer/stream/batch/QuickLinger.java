package dev.creek.consumer.stream.batch;

import java.time.Duration;

/**
 * {@value #GAPS} times the largest recent gap, between {@link #SHORTEST} and {@link #LONGEST}. Up
 * at once, and down within some gaps.
 */
final class QuickLinger implements Linger {
  static final Duration SHORTEST = Duration.ofMillis(1);
  static final Duration LONGEST = Duration.ofMillis(20);

  /** Before any gap was seen. */
  private static final long FIRST_NANOS = Duration.ofMillis(2).toNanos();

  private static final int GAPS = 4;

  private long nanos = FIRST_NANOS;

  @Override
  public void sawGap(long gapNanos) {
    long wanted = Math.min(gapNanos, LONGEST.toNanos()) * GAPS;
    // One burst of quick changes says little about the next slow one.
    nanos = wanted > nanos ? wanted : nanos - (nanos - wanted) / 16;
    nanos = Math.min(LONGEST.toNanos(), Math.max(SHORTEST.toNanos(), nanos));
  }

  @Override
  public Duration current() {
    return Duration.ofNanos(nanos);
  }
}
