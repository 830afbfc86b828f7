package dev.creek.consumer.api;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far a table has been applied: everything of the table up to and including {@code sequence} is
 * in the target.
 *
 * @param stream the stream in which the sequence counts; null in a row of the Go consumer
 * @param sequence stream sequence of the last packet applied; 0 if only the time is known
 * @param lsn source LSN of the last change, for display and for compatibility
 * @param committedAt commit time of the last change's transaction; null before the first
 */
public record Position(
    @Nullable StreamIdentity stream, long sequence, long lsn, @Nullable Instant committedAt) {
  /**
   * The position of a table that has never been applied: it begins with the first message that the
   * stream holds.
   */
  public static final Position NONE = new Position(null, 0, 0, null);

  /**
   * The JetStream stream to which a sequence belongs: a deleted and recreated stream has the same
   * name and another creation time.
   */
  public record StreamIdentity(String name, Instant created) {}
}
