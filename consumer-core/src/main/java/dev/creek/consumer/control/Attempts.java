package dev.creek.consumer.control;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The attempts of one command so far, and whether another one follows. One attempt at a time. */
final class Attempts {
  /** With the pauses of {@link Execution} a server that is away is waited for about ten minutes. */
  private static final int MAX_RETRIES = 65;

  private final Duration producerWait;
  private final AtomicInteger retries = new AtomicInteger();
  private volatile int inVain;

  /** Start of the present attempt. */
  private volatile long triedAt;

  /** Start of the first attempt without an answer from a producer; null if one has answered. */
  private volatile @Nullable Long unansweredSince;

  /**
   * @param producerWait limit of repeating a request that no producer answers
   */
  Attempts(Duration producerWait) {
    this.producerWait = producerWait;
  }

  void begin() {
    triedAt = System.nanoTime();
  }

  /**
   * Tells whether the command is tried again; called once for each failure. Work on something that
   * does not exist is repeated only a few times.
   */
  boolean isRepeated(Operations.Prospect prospect) {
    if (prospect == Operations.Prospect.AWAITED) {
      return isAwaited();
    }
    unansweredSince = null;
    inVain = prospect == Operations.Prospect.PASSES ? 0 : inVain + 1;
    return retries.incrementAndGet() <= MAX_RETRIES && inVain <= prospect.retries();
  }

  private boolean isAwaited() {
    Long first = unansweredSince;
    long since = first == null ? triedAt : first;
    unansweredSince = since;
    return System.nanoTime() - since < producerWait.toNanos();
  }
}
