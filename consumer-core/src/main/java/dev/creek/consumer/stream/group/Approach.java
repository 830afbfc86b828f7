package dev.creek.consumer.stream.group;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.wire.Change;
import java.util.List;

/**
 * The time in which a round's members are at different moments of the source: a member that is
 * ahead of the others takes nothing back, so they come up to it. Once all are at one moment, each
 * is told. Not thread-safe.
 */
final class Approach {
  private final List<Seat> seats;

  /** The furthest member's position. */
  private final long furthest;

  private Position reached = Position.NONE;
  private Position before = Position.NONE;
  private boolean over;

  Approach(List<Seat> seats) {
    this.seats = seats;
    this.furthest = seats.stream().mapToLong(Seat::first).max().orElseThrow() - 1;
  }

  /** This is applied to all members. */
  void reached(Position position, List<Change> changes) {
    if (over) {
      return;
    }
    reached = position;
    if (!changes.isEmpty()) {
      Change last = changes.get(changes.size() - 1);
      seats.forEach(seat -> seat.passed(last));
    }
    end();
  }

  /**
   * Some seconds have passed: if nothing came meanwhile, nothing is on its way either, unless the
   * producer is away.
   *
   * @param caughtUp whether all that the stream holds was read
   */
  void tick(boolean caughtUp) {
    if (!over && caughtUp && reached.equals(before)) {
      seats.forEach(Seat::isQuiet);
      end();
    }
    before = reached;
  }

  private void end() {
    if (reached.sequence() >= furthest && seats.stream().noneMatch(Seat::isAhead)) {
      over = true;
      seats.forEach(seat -> seat.member().together());
    }
  }
}
