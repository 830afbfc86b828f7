package dev.creek.consumer.testing.producer;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Cuts a logical message into packets. */
final class Packets {
  private static final int FIRST_HEADER_BYTES = Short.BYTES + Integer.BYTES;

  /** The real producer counts one byte more than the first packet's header. */
  private static final int MARGIN_BYTES = FIRST_HEADER_BYTES + 1;

  /** Room for NATS/1.0, the name of the header, and an id. */
  private static final int MESSAGE_HEADER_BYTES = 160;

  private Packets() {}

  /**
   * How much of a message goes in one packet.
   *
   * @param leaveRoom whether the packet must leave room for a message header
   */
  static int dataBytes(long maxPayload, boolean leaveRoom) {
    return Math.toIntExact(maxPayload) - MARGIN_BYTES - (leaveRoom ? MESSAGE_HEADER_BYTES : 0);
  }

  /** The packets in order; the last one is empty where the length is a multiple of dataBytes. */
  static List<byte[]> of(byte[] message, int dataBytes) {
    int count = 1 + message.length / dataBytes;
    var packets = new ArrayList<byte[]>(count);
    for (int i = 0; i < count; i++) {
      int from = i * dataBytes;
      int length = Math.min(dataBytes, message.length - from);
      int header = i == 0 ? FIRST_HEADER_BYTES : Short.BYTES;
      ByteBuffer packet = ByteBuffer.allocate(header + length).putShort((short) i);
      if (i == 0) {
        packet.putInt(message.length);
      }
      packets.add(packet.put(message, from, length).array());
    }
    return packets;
  }
}
