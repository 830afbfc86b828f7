package dev.creek.consumer.stream;

import java.util.List;

/**
 * The result of one pull: packets of a table, in stream order, without holes.
 *
 * @param packets packets in order; may be empty, when only the frontier moved
 * @param pending number of further messages of the table in the stream when the last packet was
 *     sent; 0 = caught up
 * @param frontier stream sequence up to which every message of the table has been delivered, at
 *     least that of the last packet
 */
public record Delivery(List<Packet> packets, long pending, long frontier) {
  /** Tells whether the stream held nothing more of this table. */
  public boolean caughtUp() {
    return pending == 0;
  }
}
