package dev.creek.consumer.testing.producer;

import java.util.ArrayDeque;

/** Up to where the slot may be acknowledged. Thread-safe. */
final class SlotPosition {
  private final int lateTransactions;
  private final ArrayDeque<Long> held = new ArrayDeque<>();
  private long lsn;
  private long idleLsn;

  /**
   * @param late whether to stay behind, so that a restart publishes transactions again
   */
  SlotPosition(boolean late, long startLsn) {
    this.lateTransactions = late ? Defect.LATE_TRANSACTIONS : 0;
    this.lsn = startLsn;
  }

  /** A transaction that ends here has been acknowledged by JetStream. */
  synchronized void transaction(long endLsn) {
    held.add(endLsn);
    while (held.size() > lateTransactions) {
      lsn = held.remove();
    }
  }

  /** There is nothing to publish before this. */
  synchronized void idle(long upTo) {
    idleLsn = upTo;
    if (lateTransactions == 0) {
      lsn = upTo;
    }
  }

  /** The server asks: one that is to end waits until it hears of all that it has sent. */
  synchronized void catchUp() {
    held.removeIf(endLsn -> endLsn <= idleLsn);
    lsn = Math.max(lsn, idleLsn);
  }

  synchronized long lsn() {
    return lsn;
  }
}
