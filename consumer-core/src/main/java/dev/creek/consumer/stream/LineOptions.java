package dev.creek.consumer.stream;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How lines work.
 *
 * @param limits bounds of a batch
 * @param linger how long a caught-up line waits for more of the last transaction; null adapts
 *     between 1 and 20 ms, 0 shows transactions in parts
 * @param overlap how far before a position that is only a time reading begins, for clocks that
 *     differ
 * @param maxMessageBytes largest logical message accepted
 */
public record LineOptions(
    BatchLimits limits, @Nullable Duration linger, Duration overlap, int maxMessageBytes) {
  /**
   * PostgreSQL's own bound of a value is 1 GiB; a row over 256 MiB is refused before it is put
   * together in memory.
   */
  private static final int MAX_MESSAGE_BYTES = 256 << 20;

  public static final LineOptions DEFAULT =
      new LineOptions(BatchLimits.DEFAULT, null, Duration.ofSeconds(10), MAX_MESSAGE_BYTES);
}
