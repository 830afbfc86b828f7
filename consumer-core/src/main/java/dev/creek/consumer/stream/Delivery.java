package dev.creek.consumer.stream;

import java.util.List;

/**
 * What one pull brought: a chunk of a table's packets, in stream order, without holes.
 *
 * @param packets packets in order; may be empty, when only the frontier moved
 * @param pending how many more messages of the table the stream held when the last packet was sent;
 *     0 = caught up
 * @param frontier stream sequence up to which every message of the table has been delivered, at
 *     least that of the last packet
 */
public record Delivery(List<Packet> packets, long pending, long frontier) {
  /** Whether the stream held nothing more of this table. */
  public boolean caughtUp() {
    return pending == 0;
  }
}
