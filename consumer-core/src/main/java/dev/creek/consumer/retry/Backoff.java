package dev.creek.consumer.retry;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import reactor.util.retry.Retry;
import reactor.util.retry.RetryBackoffSpec;

/**
 * A pause that doubles with every attempt up to a maximum. It varies by ±20 %, so that many tables
 * and instances do not come back at once. Immutable.
 *
 * @param first the first pause
 * @param longest the maximum
 * @param attempt number of pauses so far
 */
public record Backoff(Duration first, Duration longest, int attempt) {
  /** For outages: the service should be back soon after the server. */
  public static final Backoff OUTAGE = of(Duration.ofMillis(200), Duration.ofSeconds(5));

  /** For tables that wait for somebody to act. */
  public static final Backoff STUCK = of(Duration.ofSeconds(1), Duration.ofSeconds(30));

  /** For tables that another instance still has. */
  public static final Backoff YIELD = of(Duration.ofMillis(100), Duration.ofSeconds(1));

  private static final double SPREAD = 0.2;

  /** At the first pause. */
  public static Backoff of(Duration first, Duration longest) {
    return new Backoff(first, longest, 0);
  }

  public Backoff next() {
    return new Backoff(first, longest, Math.min(attempt + 1, 30));
  }

  public Duration pause() {
    long millis = Math.min(longest.toMillis(), first.toMillis() << Math.min(attempt, 20));
    return Duration.ofMillis(
        Math.round(millis * ThreadLocalRandom.current().nextDouble(1 - SPREAD, 1 + SPREAD)));
  }

  /** Subscribes again after each error, as often as it takes, with these pauses from the first. */
  public RetryBackoffSpec retries() {
    return retries(Long.MAX_VALUE);
  }

  /** The same, so many times. */
  public RetryBackoffSpec retries(long most) {
    return Retry.backoff(most, first).maxBackoff(longest).jitter(SPREAD);
  }
}
