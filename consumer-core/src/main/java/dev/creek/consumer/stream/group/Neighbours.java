package dev.creek.consumer.stream.group;

import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.SourceTable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The choice of members that can be read together. */
final class Neighbours {
  /**
   * Greatest distance in the stream between members when they join, so that none waits long for
   * another: what the group reads of it takes less than a second.
   */
  static final long NEAR = 100_000;

  private Neighbours() {}

  /**
   * Those that are too far from the others, read another incarnation of the stream, or have the
   * same source table as another one.
   */
  static List<Seat> strangers(List<Seat> seats) {
    if (seats.isEmpty()) {
      return List.of();
    }
    StreamIdentity stream = seats.get(0).member().log().stream();
    long from = mostFrom(seats);
    Set<SourceTable> sources = new HashSet<>();
    List<Seat> strangers = new ArrayList<>();
    for (Seat seat : seats) {
      boolean fits =
          seat.member().log().stream().equals(stream)
              && seat.first() >= from
              && seat.first() - from <= NEAR
              && sources.add(seat.member().mapping().source());
      if (!fits) {
        strangers.add(seat);
      }
    }
    return strangers;
  }

  /** The smallest position of the greatest set of members that are near one another. */
  private static long mostFrom(List<Seat> seats) {
    long[] firsts = seats.stream().mapToLong(Seat::first).sorted().toArray();
    long best = firsts[0];
    int most = 0;
    int end = 0;
    for (int begin = 0; begin < firsts.length; begin++) {
      while (end < firsts.length && firsts[end] - firsts[begin] <= NEAR) {
        end++;
      }
      if (end - begin > most) {
        most = end - begin;
        best = firsts[begin];
      }
    }
    return best;
  }
}
