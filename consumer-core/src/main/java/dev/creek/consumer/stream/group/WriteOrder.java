package dev.creek.consumer.stream.group;

/**
 * The choice between two ways to write a batch of several tables: as a whole, or in the order of
 * the source, change after change. Used between rounds.
 */
final class WriteOrder {
  private long inOrderUntil;

  /** The furthest member when the order of the source was refused, too. */
  private long turnedAt;

  /** Stream sequence up to which batches are written in the order of the source. */
  long inOrderUntil() {
    return inOrderUntil;
  }

  /** A batch was refused as a whole. */
  void refused(OrderException whole) {
    inOrderUntil = whole.until();
  }

  /**
   * A transaction of which a part was missing is refused in either way, and is whole by now: what
   * was refused in the order of the source, without a commit since, is tried as a whole once more.
   */
  boolean turns(Round of, SeatException refused) {
    if (!refused.mayDependOnOtherTables() || inOrderUntil <= of.reached()) {
      return false;
    }
    inOrderUntil = 0;
    // Each commit moves a member beyond all others.
    long furthest = of.seats().stream().mapToLong(Seat::first).max().orElse(0);
    boolean first = turnedAt != furthest;
    turnedAt = furthest;
    return first;
  }
}
