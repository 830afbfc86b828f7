package dev.creek.consumer.testing.producer;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Publishes logical messages of one kind as packets with ids. Used by one thread at a time.
 *
 * <p>The real NEW producer's ids are {@code <what>-seq-<packet>}, where {@code what} is not unique.
 * Ours have a part more, which no other message has, of this run or of another: so JetStream keeps
 * a message even where it was published before, as it would be outside the duplicate window.
 */
final class Bus {
  private static final AtomicLong MESSAGES = new AtomicLong();
  private static final String RUN = Long.toString(System.nanoTime(), 36);
  private static final int MESSAGE_HEADER_BYTES = "NATS/1.0\r\nNats-Msg-Id: \r\n\r\n".length();

  private final Dialect dialect;
  private final Pipeline pipeline;
  private final long maxPayload;
  private final int dataBytes;
  private boolean wedged;

  Bus(Dialect dialect, Pipeline pipeline, long maxPayload) {
    this.dialect = dialect;
    this.pipeline = pipeline;
    this.maxPayload = maxPayload;
    boolean leaveRoom = !dialect.isOld() && !dialect.has(Defect.OVERSIZED_PACKETS);
    this.dataBytes = Packets.dataBytes(maxPayload, leaveRoom);
  }

  Pipeline pipeline() {
    return pipeline;
  }

  /**
   * Publishes a message.
   *
   * @param what the message's id on the NEW wire, less its packet number
   * @return false if the bus has choked on a packet that the server does not take, now or before
   */
  boolean publish(String subject, String what, byte[] message)
      throws IOException, InterruptedException {
    if (wedged) {
      return false;
    }
    if (dialect.isOld()) {
      for (byte[] packet : Packets.of(message, dataBytes)) {
        pipeline.publish(subject, null, packet);
      }
      return true;
    }
    String stem = dialect.has(Defect.COLLIDING_MSG_IDS) ? what : what + '-' + unique();
    List<byte[]> packets = Packets.of(message, dataBytes);
    for (int i = 0; i < packets.size() && !wedged; i++) {
      String id = stem + "-seq-" + i;
      byte[] packet = packets.get(i);
      wedged = MESSAGE_HEADER_BYTES + id.length() + packet.length > maxPayload;
      if (!wedged) {
        pipeline.publish(subject, id, packet);
      }
    }
    return !wedged;
  }

  private static String unique() {
    return RUN + '.' + MESSAGES.incrementAndGet();
  }
}
