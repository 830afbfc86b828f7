package dev.creek.consumer.stream.group;

import dev.creek.consumer.api.SourceTable;
import java.util.HashMap;
import java.util.Map;

/** Tables that a group expects, with the calls that hurry them. Not thread-safe. */
final class Arrivals {
  /** They will join soon. */
  private final Map<SourceTable, Runnable> expected = new HashMap<>();

  /** Their rows wait for those of others, perhaps of one another. */
  private final Map<SourceTable, Runnable> refused = new HashMap<>();

  /** A table will join soon. */
  void expect(SourceTable table, Runnable hurry) {
    expected.put(table, hurry);
  }

  void expect(Seat seat) {
    expect(seat.member().mapping().source(), seat.member()::returnsNow);
  }

  /** A table left because its row refers to one that is not there. */
  void refused(Seat seat) {
    refused.put(seat.member().mapping().source(), seat.member()::returnsNow);
  }

  /**
   * A table has come: the others are hurried. If it had been refused, those that had been, too, are
   * expected now: two of them may need one another.
   *
   * @return false if it was not expected
   */
  boolean arrived(SourceTable table) {
    boolean wasRefused = refused.remove(table) != null;
    if (wasRefused) {
      expected.putAll(refused);
    }
    boolean wasExpected = expected.remove(table) != null || wasRefused;
    if (wasExpected) {
      expected.values().forEach(Runnable::run);
    }
    return wasExpected;
  }

  /** Tells whether any is expected. */
  boolean isAny() {
    return !expected.isEmpty();
  }

  /** None is expected any more; those that were refused still are. */
  void giveUp() {
    expected.clear();
  }
}
