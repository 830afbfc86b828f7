package dev.creek.consumer.stream;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * From a snapshot back to the WAL: where a table's line goes on.
 *
 * @param resume a stream sequence that lies before the snapshot, so that nothing is missed, with
 *     the snapshot's LSN and time
 * @param aheadUntil source time up to which the target may hold what follows {@code resume}: what
 *     was committed until then, or about then, is applied once more
 * @param horizon which of that a snapshot that replaces all rows holds; null where nothing tells
 */
public record Handover(Position resume, Instant aheadUntil, @Nullable Horizon horizon) {
  /** Where nothing tells what the snapshot holds. */
  public Handover(Position resume, Instant aheadUntil) {
    this(resume, aheadUntil, null);
  }
}
