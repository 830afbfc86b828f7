package dev.creek.consumer.postgres;

import dev.creek.consumer.stream.Handover;
import dev.creek.consumer.stream.Position;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far a commit gets.
 *
 * @param to the new position
 * @param changes how many changes brought us there
 * @param evidence what proves repetitions, for tables without a key; null leaves it as it is
 * @param aheadUntil how far a snapshot brought the target; null where it was none, which leaves it
 *     as it is
 */
record Moved(Position to, long changes, @Nullable Evidence evidence, @Nullable Instant aheadUntil) {

  Moved(Position to, long changes, @Nullable Evidence evidence) {
    this(to, changes, evidence, null);
  }

  /** By a snapshot. */
  Moved(Handover handover) {
    this(handover.resume(), 0, null, handover.aheadUntil());
  }
}
