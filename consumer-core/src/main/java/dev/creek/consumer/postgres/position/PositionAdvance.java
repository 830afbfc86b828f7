package dev.creek.consumer.postgres.position;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.stream.Handover;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The progress of a commit.
 *
 * @param from the stream sequence of the position that must be stored before; otherwise nothing
 *     moves; null for no such condition
 * @param to the new position
 * @param changes number of changes since the position before
 * @param evidence proves repetitions, for tables without a key; null leaves it as it is
 * @param aheadUntil time up to which a snapshot, or changes that now come again, brought the
 *     target; null if it is not ahead of the position
 * @param horizon the part of the update that stores a {@link dev.creek.consumer.stream.Horizon};
 *     null leaves the stored one
 * @param endsGap whether the target holds everything that the source held, whatever it has missed
 *     before
 * @param marks why it may differ from the source nevertheless
 */
public record PositionAdvance(
    @Nullable Long from,
    Position to,
    long changes,
    @Nullable AppliedMark evidence,
    @Nullable Instant aheadUntil,
    @Nullable String horizon,
    boolean endsGap,
    List<Incompleteness> marks) {

  /** By changes. */
  public PositionAdvance(
      long from,
      Position to,
      long changes,
      @Nullable AppliedMark evidence,
      @Nullable Instant aheadUntil) {
    this(from, to, changes, evidence, aheadUntil, null, false, List.of());
  }

  /** The same, storing a horizon, or that there is none any more. */
  public PositionAdvance with(@Nullable String otherHorizon) {
    return new PositionAdvance(
        from, to, changes, evidence, aheadUntil, otherHorizon, endsGap, marks);
  }

  /** By a snapshot that replaced all rows. */
  public static PositionAdvance replaced(Handover handover) {
    return by(handover, true);
  }

  /** By an upserted snapshot: rows whose delete was missed are still there. */
  public static PositionAdvance upserted(Handover handover) {
    return by(handover, false);
  }

  private static PositionAdvance by(Handover handover, boolean endsGap) {
    return new PositionAdvance(
        null,
        handover.resume(),
        0,
        null,
        handover.aheadUntil(),
        HorizonSql.assignments(handover.horizon()),
        endsGap,
        handover.marks());
  }
}
