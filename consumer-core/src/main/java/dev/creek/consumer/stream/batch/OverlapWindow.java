package dev.creek.consumer.stream.batch;

import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.wire.Change;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The changes that the target may hold already: after a snapshot, and after a position that is only
 * a time. They are applied as if one source transaction had made them. Applied one by one, they
 * would show rows of times before the snapshot, and those would meet unique values of later rows
 * that the snapshot brought. Besides, if only the existing rows show which changes a table without
 * a key holds, they show it of all changes together: a later change may have removed a row that an
 * earlier one left.
 *
 * @param untilMicros latest commit time of such a change, microseconds since 1970
 * @param through greatest stream sequence of such a change: the stream's last sequence when the
 *     pipeline began, so that the window ends even if the source's clock was set back
 */
public record OverlapWindow(long untilMicros, long through) {
  /** The window without changes. */
  static final OverlapWindow NONE = new OverlapWindow(Long.MIN_VALUE, 0);

  /**
   * The window of a claim.
   *
   * @param overlap greatest difference between clocks
   */
  public static OverlapWindow of(Claim claim, LogState log, Duration overlap) {
    return Stream.of(claim.aheadUntil(), position(claim.horizon()))
        .filter(Objects::nonNull)
        .max(Instant::compareTo)
        .map(
            ahead ->
                new OverlapWindow(
                    ChronoUnit.MICROS.between(Instant.EPOCH, ahead.plus(overlap)),
                    log.lastSequence()))
        .orElse(NONE);
  }

  private static @Nullable Instant position(@Nullable Horizon horizon) {
    return horizon != null && horizon.kind() == Horizon.Kind.POSITION ? horizon.at() : null;
  }

  private boolean includes(Change change) {
    return change.committedAtMicros() <= untilMicros && change.sequence() <= through;
  }

  /** Tells whether both belong together: made by one source transaction, or both in the window. */
  boolean together(Change one, Change next) {
    return one.sameTransaction(next) || (includes(one) && includes(next));
  }
}
