package dev.creek.consumer.stream.group;

import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.wire.Change;
import java.time.Instant;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The moment of the source that a table's rows show, if it may be later than its position: a
 * snapshot can be newer than all that the producer had published by then.
 */
record Ahead(Instant until, @Nullable Horizon horizon) {
  /** That of a claim; null if its changes have come so far already. */
  static @Nullable Ahead of(Claim claim) {
    Horizon horizon = claim.horizon();
    Instant until =
        Stream.of(claim.aheadUntil(), horizon == null ? null : horizon.at())
            .filter(Objects::nonNull)
            .max(Instant::compareTo)
            .orElse(null);
    if (until == null) {
      return null;
    }
    Ahead ahead = new Ahead(until, horizon);
    Instant committedAt = claim.position().committedAt();
    return committedAt != null && ahead.isBefore(committedAt) ? null : ahead;
  }

  /** Tells whether all that the rows show comes before this change in the stream. */
  boolean isBefore(Change change) {
    return (horizon != null && horizon.lacks(change)) || isBefore(change.committedAt());
  }

  private boolean isBefore(Instant committedAt) {
    return committedAt.isAfter(until.plus(Horizon.DOUBT));
  }
}
