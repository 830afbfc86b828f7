package dev.creek.consumer.stream;

/**
 * Bounds of a batch, and so of the memory of a pipeline: at most this much waits undelivered, as
 * much is prepared, and as much is being written.
 *
 * @param rows changes in a batch, at least 1
 * @param bytes message bytes in a batch; one larger message makes a batch of its own. If many
 *     tables have a backlog, it is less: see {@link ByteShares}
 */
public record BatchLimits(int rows, int bytes) {
  /** 5000 rows or 1 MiB. Larger batches make PostgreSQL no faster, and only need more memory. */
  public static final BatchLimits DEFAULT = new BatchLimits(5000, 1 << 20);

  public BatchLimits {
    if (rows < 1 || bytes < 1) {
      throw new IllegalArgumentException("a batch holds at least one row and one byte");
    }
  }

  /** So many times as large, as far as numbers reach. */
  public BatchLimits times(int factor) {
    return new BatchLimits(times(rows, factor), times(bytes, factor));
  }

  private static int times(int limit, int factor) {
    return (int) Math.min(Integer.MAX_VALUE, (long) limit * factor);
  }
}
