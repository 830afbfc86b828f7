package dev.creek.consumer.metrics;

import java.time.Duration;

/**
 * How far one table is behind, to be asked at any time from any thread: it grows while nothing
 * happens, so it cannot be told when something does.
 */
public interface Backlog {

  /** Knowledge of a figure. */
  enum Certainty {
    /** It is what is told. */
    KNOWN,
    /**
     * Nothing can be read just now: a lag is at most, pending messages are at least what is told.
     */
    BOUND,
    /** The figure means nothing. */
    UNKNOWN
  }

  /**
   * Age of the oldest change that is not applied yet, by its commit time on the source. Zero where
   * nothing is pending. Where nothing can be read it is unknown whether something is: then it is
   * the time since nothing was known to be pending.
   */
  Duration lag();

  /** Messages in the stream that are not applied yet, as far as is known. */
  long pendingMessages();

  /**
   * How much of {@link #lag} is known. It stays known while nothing can be read where a change is
   * held that is not applied: that one is the oldest.
   */
  default Certainty lagCertainty() {
    return Certainty.KNOWN;
  }

  /** Knowledge of {@link #pendingMessages}. */
  default Certainty pendingCertainty() {
    return Certainty.KNOWN;
  }
}
