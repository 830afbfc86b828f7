package dev.creek.consumer.api;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far a table has been applied. Everything of the table up to and including {@code sequence} is
 * in the target.
 *
 * @param stream the stream that the sequence counts in; null in a row that the Go consumer left
 * @param sequence stream sequence of the last packet applied; 0 where only the time is known
 * @param lsn source LSN of the last change: for people and for compatibility
 * @param committedAt commit time of the last change's transaction; null before the first
 */
public record Position(
    @Nullable StreamIdentity stream, long sequence, long lsn, @Nullable Instant committedAt) {
  /** A table that has never been applied: begins with the first message that the stream holds. */
  public static final Position NONE = new Position(null, 0, 0, null);

  /**
   * Which JetStream stream a sequence belongs to: a deleted and recreated stream has the same name
   * and another creation time.
   */
  public record StreamIdentity(String name, Instant created) {}
}
