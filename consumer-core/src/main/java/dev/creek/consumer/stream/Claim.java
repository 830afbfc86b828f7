package dev.creek.consumer.stream;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.TableState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The right to write one target table until another process claims it.
 *
 * @param mapping source and target
 * @param epoch fencing token: every later claim has a greater one
 * @param position where to continue
 * @param aheadUntil {@link Handover#aheadUntil} of the last snapshot; null if there was none
 * @param skips messages to skip
 * @param gap description of what is missing before the position, until a clean snapshot or the user
 *     ends the gap; null if nothing is missing
 * @param horizon shows which of the changes that are read again the target holds; null if none are
 *     read again
 * @param failure the failure that the table had when it was applied last; null if it had none
 * @param schemaChanges what is done when the source's schema changes; null for the service's policy
 */
public record Claim(
    Mapping mapping,
    long epoch,
    Position position,
    @Nullable Instant aheadUntil,
    SkippedChanges skips,
    @Nullable String gap,
    @Nullable Horizon horizon,
    @Nullable TableState failure,
    @Nullable SchemaPolicy schemaChanges) {

  /** A claim of a table to which no snapshot was applied. */
  public Claim(Mapping mapping, long epoch, Position position) {
    this(mapping, epoch, position, null, SkippedChanges.NONE, null, null, null, null);
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
    this(mapping, epoch, position, aheadUntil, skips, gap, horizon, null, null);
  }

  /** The same claim, of a table whose changes are read again from before this horizon. */
  public Claim withHorizon(Horizon other) {
    return new Claim(
        mapping, epoch, position, aheadUntil, skips, gap, other, failure, schemaChanges);
  }
}
