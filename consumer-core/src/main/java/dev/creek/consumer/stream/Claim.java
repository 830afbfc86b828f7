package dev.creek.consumer.stream;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.TableState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The right to write one target table until somebody else claims it.
 *
 * @param mapping source and target
 * @param epoch fencing token: every later claim has a greater one
 * @param position where to continue
 * @param aheadUntil {@link Handover#aheadUntil} of the last snapshot; null where there was none
 * @param skips messages to pass over
 * @param gap what is missing before the position, until a clean snapshot or the user has put an end
 *     to that; null where nothing is
 * @param horizon what tells which of the changes that are read again the target holds; null where
 *     none are
 * @param failure what the table failed with, when it was applied last; null where it had not
 */
public record Claim(
    Mapping mapping,
    long epoch,
    Position position,
    @Nullable Instant aheadUntil,
    SkippedChanges skips,
    @Nullable String gap,
    @Nullable Horizon horizon,
    @Nullable TableState failure) {

  /** A claim of a table that no snapshot was applied to. */
  public Claim(Mapping mapping, long epoch, Position position) {
    this(mapping, epoch, position, null, SkippedChanges.NONE, null, null);
  }

  /** A claim of a table that has not failed. */
  public Claim(
      Mapping mapping,
      long epoch,
      Position position,
      @Nullable Instant aheadUntil,
      SkippedChanges skips,
      @Nullable String gap,
      @Nullable Horizon horizon) {
    this(mapping, epoch, position, aheadUntil, skips, gap, horizon, null);
  }

  /** The same claim, of a table whose changes are read again from before this horizon. */
  public Claim withHorizon(Horizon other) {
    return new Claim(mapping, epoch, position, aheadUntil, skips, gap, other, failure);
  }
}
