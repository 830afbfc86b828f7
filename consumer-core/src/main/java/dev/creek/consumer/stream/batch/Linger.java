package dev.creek.consumer.stream.batch;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The time that a caught-up pipeline waits for more of the last source transaction before it
 * regards it as complete.
 *
 * <p>The wire has no commit marker. A producer publishes a transaction's changes microseconds or a
 * round trip apart, so the wait follows the gaps seen inside transactions: {@value #GAPS} times the
 * largest recent one, between {@link #SHORTEST} and {@link #LONGEST}. If a transaction was regarded
 * as complete too early, that is such a gap too, so the wait corrects itself. Not thread-safe.
 */
public final class Linger {
  static final Duration SHORTEST = Duration.ofMillis(1);
  static final Duration LONGEST = Duration.ofMillis(20);

  /** Before any gap was seen. */
  private static final long FIRST_NANOS = Duration.ofMillis(2).toNanos();

  private static final int GAPS = 4;

  private final @Nullable Duration fixed;
  private long nanos = FIRST_NANOS;

  /**
   * @param fixed the wait, 0 for none; null adapts
   */
  public Linger(@Nullable Duration fixed) {
    this.fixed = fixed;
  }

  /** A transaction continued this long after its last change had come. */
  void sawGap(long gapNanos) {
    long wanted = Math.min(gapNanos, LONGEST.toNanos()) * GAPS;
    // Up at once, down slowly: one burst of quick changes says little about the next slow one.
    nanos = wanted > nanos ? wanted : nanos - (nanos - wanted) / 16;
    nanos = Math.min(LONGEST.toNanos(), Math.max(SHORTEST.toNanos(), nanos));
  }

  /** The current wait. */
  Duration current() {
    return fixed != null ? fixed : Duration.ofNanos(nanos);
  }
}
