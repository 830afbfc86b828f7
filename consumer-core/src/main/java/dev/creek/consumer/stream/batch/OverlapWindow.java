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
 * The changes that the target may hold already: behind a snapshot, and behind a position that is
 * only a time. They are applied as if one source transaction had made them, which is what they come
 * to: on the way the table would show rows of times before the snapshot, and those would meet
 * unique values of rows that the snapshot brought from later. And where only the rows that are
 * there tell which of them a table without a key holds, they tell it of all together: a row that
 * one of them left may have been taken away by a later one.
 *
 * @param untilMicros commit time of the last such change at most, microseconds since 1970
 * @param through stream sequence of the last such change at most: what the stream held when the
 *     line began, so that a source's clock that was set back does not make it go on for ever
 */
public record OverlapWindow(long untilMicros, long through) {
  /** Nothing is repeated. */
  static final OverlapWindow NONE = new OverlapWindow(Long.MIN_VALUE, 0);

  /**
   * Those of a claim.
   *
   * @param overlap how far clocks may be apart
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

  /** Whether both belong together: made by one source transaction, or both repeated. */
  boolean together(Change one, Change next) {
    return one.sameTransaction(next) || (includes(one) && includes(next));
  }
}
