package dev.creek.consumer.stream.snapshot;

import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.Packet;
import dev.creek.consumer.stream.snapshot.SnapshotRead.Rows;
import dev.creek.consumer.wire.SnapshotHeader;
import dev.creek.consumer.wire.SnapshotReader;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a snapshot's deliveries into chunks of rows, up to the {@link BatchLimits}. The first chunk
 * leaves with the header, mostly without rows, so that the writer can begin. Not thread-safe:
 * deliveries come one at a time.
 */
final class SnapshotChunks {
  private final BatchLimits limits;
  private final SnapshotReader reader;
  private boolean begun;

  SnapshotChunks(BatchLimits limits, int maxMessageBytes) {
    this.limits = limits;
    this.reader = new SnapshotReader(maxMessageBytes);
  }

  /** The chunks that a delivery completes. */
  List<Rows> take(Delivery delivery) {
    List<Rows> chunks = new ArrayList<>();
    List<Packet> packets = delivery.packets();
    for (int i = 0; i < packets.size(); i++) {
      Packet packet = packets.get(i);
      boolean last = i == packets.size() - 1 && delivery.caughtUp();
      reader.accept(packet.sequence(), packet.data(), last);
      SnapshotHeader header = reader.header();
      if (header != null && isDue()) {
        begun = true;
        chunks.add(new Rows(header, reader.takeRows(), reader.ended()));
      }
    }
    return chunks;
  }

  private boolean isDue() {
    return !begun
        || reader.ended()
        || reader.waitingRows() >= limits.rows()
        || reader.waitingBytes() >= limits.bytes();
  }

  /** Tells whether the header has come. */
  boolean begun() {
    return begun;
  }

  /** Number of packets taken. */
  long packets() {
    return reader.packets();
  }
}
