package dev.creek.consumer.stream;

import dev.creek.consumer.api.Grouping;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Options of table pipelines.
 *
 * @param limits bounds of a batch
 * @param linger how long a caught-up pipeline waits for more of the last transaction; null adapts
 *     between 1 and 20 ms, in groups up to 250 ms, 0 shows transactions in parts
 * @param overlap how far before a time reading begins, if a position is only a time or a
 *     snapshot's, for clocks that differ
 * @param maxMessageBytes longest logical message accepted; a longer one stops its table before its
 *     bytes are gathered
 * @param snapshots options for snapshots
 * @param grouping the tables that are applied together
 */
public record PipelineOptions(
    BatchLimits limits,
    @Nullable Duration linger,
    Duration overlap,
    int maxMessageBytes,
    SnapshotOptions snapshots,
    Grouping grouping) {
  /** PostgreSQL's own limit of a value is 1 GiB. */
  private static final long MAX_MESSAGE_BYTES = 256 << 20;

  private static final long LEAST_MESSAGE_BYTES = 1 << 20;

  /** Heap for everything else. */
  private static final long HEAP_WITHOUT_MESSAGE = 64L << 20;

  /**
   * Maximum heap per byte of a message, on its way from packets to the driver's buffers, if several
   * such messages follow one another.
   */
  private static final long HEAP_PER_MESSAGE_BYTE = 12;

  public static final PipelineOptions DEFAULT =
      new PipelineOptions(
          BatchLimits.DEFAULT,
          null,
          Duration.ofSeconds(10),
          maxMessageBytesOf(Runtime.getRuntime().maxMemory()),
          SnapshotOptions.DEFAULT,
          Grouping.TABLE);

  /** The longest message for which a heap is large enough. */
  static int maxMessageBytesOf(long heapBytes) {
    long fits = (heapBytes - HEAP_WITHOUT_MESSAGE) / HEAP_PER_MESSAGE_BYTE;
    return (int) Math.max(LEAST_MESSAGE_BYTES, Math.min(MAX_MESSAGE_BYTES, fits));
  }

  /** The heap that is large enough for messages of this length. */
  public static long heapFor(long messageBytes) {
    return HEAP_WITHOUT_MESSAGE + HEAP_PER_MESSAGE_BYTE * messageBytes;
  }

  /** With another longest message; null for the one that fits the heap. */
  public PipelineOptions withMaxMessageBytes(@Nullable Integer bytes) {
    int bound = bytes == null ? maxMessageBytesOf(Runtime.getRuntime().maxMemory()) : bytes;
    return new PipelineOptions(limits, linger, overlap, bound, snapshots, grouping);
  }

  /** With other bounds of a batch. */
  public PipelineOptions withLimits(BatchLimits other) {
    return new PipelineOptions(other, linger, overlap, maxMessageBytes, snapshots, grouping);
  }

  /** With a fixed linger (0: none), or null to adapt. */
  public PipelineOptions withLinger(@Nullable Duration other) {
    return new PipelineOptions(limits, other, overlap, maxMessageBytes, snapshots, grouping);
  }

  /** With other options for snapshots. */
  public PipelineOptions withSnapshots(SnapshotOptions other) {
    return new PipelineOptions(limits, linger, overlap, maxMessageBytes, other, grouping);
  }

  /** With other tables that are applied together. */
  public PipelineOptions withGrouping(Grouping other) {
    return new PipelineOptions(limits, linger, overlap, maxMessageBytes, snapshots, other);
  }
}
