package dev.creek.consumer.stream.batch;

import dev.creek.consumer.wire.Change;
import java.util.List;

/**
 * The whole changes of a delivery.
 *
 * @param changes in stream order
 * @param pending least number of further messages of this table in the stream when it was sent
 * @param frontier stream sequence up to which every change of the table has been decoded
 * @param complete whether a message of another source transaction was read behind the last change:
 *     no more changes come of those decoded so far
 */
public record DecodedChunk(List<Change> changes, long pending, long frontier, boolean complete) {

  /** Nothing is known of what follows the last change. */
  public DecodedChunk(List<Change> changes, long pending, long frontier) {
    this(changes, pending, frontier, false);
  }

  /** Tells whether the stream held nothing more of this table. */
  boolean caughtUp() {
    return pending == 0;
  }
}
