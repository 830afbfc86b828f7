package dev.creek.consumer.postgres.position;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.stream.Handover;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a commit gets.
 *
 * @param from the stream sequence of the position that it follows, without which it moves nothing;
 *     null where it follows none
 * @param to the new position
 * @param changes how many changes brought us there
 * @param evidence what proves repetitions, for tables without a key; null leaves it as it is
 * @param aheadUntil how far a snapshot, or changes that now come again, brought the target; null
 *     where it is not ahead of the position
 * @param horizon what to store of a {@link dev.creek.consumer.stream.Horizon}, as a part of the
 *     update; null leaves what is stored
 * @param endsGap whether the target holds all that the source held, whatever it has missed before
 * @param marks why it may differ from the source all the same
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

  /** By one that was upserted: rows whose delete was missed are still there. */
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
