package dev.creek.consumer.stream.batch;

import dev.creek.consumer.wire.Change;
import java.util.List;

/**
 * The whole changes of a delivery.
 *
 * @param changes in stream order
 * @param pending least number of further messages of this table in the stream when it was sent
 * @param frontier stream sequence up to which every change of the table has been decoded
 */
public record DecodedChunk(List<Change> changes, long pending, long frontier) {

  /** Tells whether the stream held nothing more of this table. */
  boolean caughtUp() {
    return pending == 0;
  }
}
