package dev.creek.consumer.stream.group;

import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.StartAt;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A group as others see it.
 *
 * @param stream the stream that it reads; null if it has no members
 * @param reached stream sequence
 * @param sources its members' tables
 */
record Standing(@Nullable StreamIdentity stream, long reached, Set<SourceTable> sources) {
  static final Standing EMPTY = new Standing(null, 0, Set.of());

  static Standing of(List<Seat> seats, long reached) {
    return seats.isEmpty()
        ? EMPTY
        : new Standing(
            seats.get(0).member().log().stream(),
            reached,
            seats.stream()
                .map(seat -> seat.member().mapping().source())
                .collect(Collectors.toUnmodifiableSet()));
  }

  /** As {@link Group#admits}, if the group has come so far. */
  boolean admits(SourceTable source, LogState state, StartAt start, long now) {
    if (stream == null) {
      return start instanceof StartAt.Sequence || start instanceof StartAt.Beginning;
    }
    long first = start instanceof StartAt.Sequence from ? from.first() : state.firstSequence();
    return stream.equals(state.stream())
        && !sources.contains(source)
        && Math.abs(first - now) <= Neighbours.NEAR;
  }
}
