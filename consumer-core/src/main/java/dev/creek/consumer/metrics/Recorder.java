package dev.creek.consumer.metrics;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Receives what the lines count. Called from any thread, never under a lock; must not block or
 * throw. Tables are named by their canonical text ({@code db.namespace.table}, {@code
 * namespace.table}).
 */
public interface Recorder {

  /** Records nothing. */
  Recorder NONE = new Recorder() {};

  /**
   * A target transaction was committed. Counts are changes as the wire told them, not rows as
   * folded.
   *
   * @param committedAt source commit time of the last change applied; null where only the position
   *     moved
   */
  default void applied(
      String source,
      String target,
      long inserts,
      long updates,
      long deletes,
      long truncates,
      @Nullable Instant committedAt) {}

  /** A batch was written: rows as the wire told them, and how long the database took. */
  default void batch(String target, int changes, Duration took) {}

  /** A table's state is now this ({@code waiting}, {@code streaming}, …). */
  default void state(String target, String state) {}

  /** A table tries again after a passing error. */
  default void retry(String target, String reasonClass) {}

  /** A table is no longer handled here: forget it. */
  default void removed(String target) {}
}
