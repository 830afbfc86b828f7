package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Position.StreamIdentity;

/**
 * Decides whether a stream still holds what has to be read next. Throws {@link
 * BrokerException.Gap}.
 */
final class GapCheck {
  private static final String HINT = "; only a new snapshot of the table heals that";

  private GapCheck() {}

  /** Checks that it is the stream in which the position counts. */
  static void sameStream(StreamIdentity expected, StreamState now) {
    if (!expected.name().equals(now.identity().name())) {
      throw new BrokerException.Gap(
          "the position belongs to stream %s, but the database is published to %s now"
                  .formatted(expected.name(), now.identity().name())
              + HINT
              + ", unless the generation of the producer is forced to the former");
    }
    if (!expected.created().equals(now.identity().created())) {
      throw new BrokerException.Gap(
          "stream %s was created anew at %s, the position belongs to the one of %s: what is behind it in that one is gone"
                  .formatted(expected.name(), now.identity().created(), expected.created())
              + HINT);
    }
  }

  /**
   * A message that was not read is missing from the middle of the stream, and its table is not
   * known.
   */
  static BrokerException.Gap hole(long sequence, StreamState now) {
    return new BrokerException.Gap(
        "%s of stream %s was deleted before it was read, and may have been of this table: by a purge of a subject, one by one, or by a limit per subject"
                .formatted(
                    now.deleted() > 0 && sequence <= now.last()
                        ? "message " + sequence
                        : "a message",
                    now.identity().name())
            + HINT
            + ", or resume_table where only other tables' messages were deleted");
  }

  /** Checks that everything from {@code next} on is still there. */
  static void holds(long next, StreamState now) {
    if (now.last() < next - 1) {
      throw new BrokerException.Gap(
          "stream %s ends at sequence %d, the position is at %d: it was restored from an older state"
                  .formatted(now.identity().name(), now.last(), next - 1)
              + HINT);
    }
    if (now.first() > next) {
      throw new BrokerException.Gap(
          "stream %s begins at sequence %d, messages %d to %d were removed before they were read"
                  .formatted(now.identity().name(), now.first(), next, now.first() - 1)
              + HINT);
    }
  }
}
