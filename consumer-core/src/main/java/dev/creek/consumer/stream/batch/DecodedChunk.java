package dev.creek.consumer.stream.batch;

import dev.creek.consumer.wire.Change;
import java.util.List;

/**
 * The whole changes of a delivery.
 *
 * @param changes in stream order
 * @param pending how many more messages of this table the stream held, at least, when it was sent
 * @param frontier stream sequence up to which every change of the table has been decoded
 */
public record DecodedChunk(List<Change> changes, long pending, long frontier) {

  /** Whether the stream held nothing more of this table. */
  boolean caughtUp() {
    return pending == 0;
  }
}
