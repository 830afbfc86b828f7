package dev.creek.consumer.stream;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A pause that doubles with every attempt up to a maximum. It varies by ±20 %, so that many tables
 * do not come back at once. Immutable.
 *
 * @param first the first pause
 * @param longest the maximum
 * @param attempt number of pauses so far
 */
public record Backoff(Duration first, Duration longest, int attempt) {
  /** For outages: the service should be back soon after the server. */
  public static final Backoff OUTAGE =
      new Backoff(Duration.ofMillis(200), Duration.ofSeconds(5), 0);

  /** For tables that wait for somebody to act. */
  public static final Backoff STUCK = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30), 0);

  /** For tables that another instance still has. */
  public static final Backoff YIELD = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1), 0);

  public Backoff next() {
    return new Backoff(first, longest, Math.min(attempt + 1, 30));
  }

  public Duration pause() {
    long millis = Math.min(longest.toMillis(), first.toMillis() << Math.min(attempt, 20));
    return Duration.ofMillis(Math.round(millis * ThreadLocalRandom.current().nextDouble(0.8, 1.2)));
  }
}
