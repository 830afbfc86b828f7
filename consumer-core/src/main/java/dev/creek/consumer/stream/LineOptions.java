package dev.creek.consumer.stream;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How lines work.
 *
 * @param limits bounds of a batch
 * @param linger how long a caught-up line waits for more of the last transaction; null adapts
 *     between 1 and 20 ms, 0 shows transactions in parts
 * @param overlap how far before a time reading begins, where a position is only a time or a
 *     snapshot's, for clocks that differ
 * @param maxMessageBytes largest logical message accepted
 * @param snapshots how snapshots are applied
 */
public record LineOptions(
    BatchLimits limits,
    @Nullable Duration linger,
    Duration overlap,
    int maxMessageBytes,
    SnapshotOptions snapshots) {
  /**
   * PostgreSQL's own bound of a value is 1 GiB; a row over 256 MiB is refused before it is put
   * together in memory.
   */
  private static final int MAX_MESSAGE_BYTES = 256 << 20;

  public static final LineOptions DEFAULT =
      new LineOptions(
          BatchLimits.DEFAULT,
          null,
          Duration.ofSeconds(10),
          MAX_MESSAGE_BYTES,
          SnapshotOptions.DEFAULT);

  /** With other bounds of a batch. */
  public LineOptions withLimits(BatchLimits other) {
    return new LineOptions(other, linger, overlap, maxMessageBytes, snapshots);
  }

  /** With a fixed linger (0: none), or null to adapt. */
  public LineOptions withLinger(@Nullable Duration other) {
    return new LineOptions(limits, other, overlap, maxMessageBytes, snapshots);
  }

  /** With other options for snapshots. */
  public LineOptions withSnapshots(SnapshotOptions other) {
    return new LineOptions(limits, linger, overlap, maxMessageBytes, other);
  }
}
