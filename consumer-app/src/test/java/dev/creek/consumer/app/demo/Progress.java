package dev.creek.consumer.app.demo;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** How one table comes along, from sample to sample. Not thread-safe. */
final class Progress {

  private final History applied = new History();
  private long sequence = -1;
  private @Nullable Instant changedAt;
  private @Nullable Duration latency;
  private @Nullable Instant waitsSince;

  void applied(long now, long rowsApplied) {
    applied.add(now, rowsApplied);
  }

  double rowsPerSecond() {
    return applied.rate();
  }

  /**
   * Where it is.
   *
   * @param position stream sequence up to which everything has been applied
   * @param end stream sequence of the table's last packet
   * @param sourceCommit when the last change applied was committed on the source
   * @param targetCommit when the row that says so was committed on the target
   */
  void moved(
      long position, long end, @Nullable Instant sourceCommit, @Nullable Instant targetCommit) {
    // The same change again: its position moved on without one, and says nothing of its lag.
    if (sourceCommit != null && targetCommit != null && !sourceCommit.equals(changedAt)) {
      changedAt = sourceCommit;
      latency = Duration.between(sourceCommit, targetCommit);
    }
    if (position >= end) {
      waitsSince = null;
    } else if (waitsSince == null || position != sequence) {
      waitsSince = Instant.now();
    }
    sequence = position;
  }

  /**
   * How long the last change took from commit to commit, or how long the next one has been seen
   * waiting, if that is longer; null before the first.
   */
  @Nullable Duration lag() {
    if (waitsSince == null || latency == null) {
      return latency;
    }
    Duration waits = Duration.between(waitsSince, Instant.now());
    return waits.compareTo(latency) > 0 ? waits : latency;
  }
}
