package dev.creek.consumer.source;

import org.jspecify.annotations.Nullable;

/**
 * Notified of what a stream of changes overcomes by itself, so that an outage does not look like a
 * table without changes. Called from any thread; must not block. Its exceptions are logged.
 */
public interface SourceListener {
  /** A listener that does nothing. */
  SourceListener NONE = new SourceListener() {};

  /**
   * A stream is read, for the first time or again.
   *
   * @param database the source database
   * @param pending number of messages that the stream holds for this reader
   */
  default void reading(String database, long pending) {}

  /**
   * Nothing is read until {@link #reading} is called again.
   *
   * @param database the source database
   * @param reason the cause, for people
   * @param hint the remedy; null if it passes by itself
   */
  default void interrupted(String database, String reason, @Nullable String hint) {}
}
