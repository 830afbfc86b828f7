package dev.creek.consumer.jetstream;

/**
 * Counts the heartbeats that are missing while an answer is due. {@link #heard} may be called by
 * any thread; the other methods are for one.
 */
final class Silence {
  private static final int MAX_MISSED = 3;

  private volatile long heardAt;
  private long heardBefore;
  private int missed;

  /** Something came from the broker. */
  void heard(long now) {
    heardAt = now;
  }

  /** A request has been sent. */
  void asked() {
    missed = 0;
  }

  /**
   * To be called once in the time of a heartbeat.
   *
   * @param due whether an answer is due
   * @return true if the broker, or this side, has lost the consumer
   */
  boolean isTooLong(boolean due) {
    long heard = heardAt;
    missed = due && heard == heardBefore ? missed + 1 : 0;
    heardBefore = heard;
    return missed >= MAX_MISSED;
  }
}
