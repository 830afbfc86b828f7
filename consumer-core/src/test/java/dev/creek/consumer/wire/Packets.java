package dev.creek.consumer.wire;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Cuts messages into packets as the producer does. */
final class Packets {
  private Packets() {}

  /** Packet 0: index, declared length, data. */
  static byte[] first(int declared, byte... data) {
    return ByteBuffer.allocate(6 + data.length)
        .putShort((short) 0)
        .putInt(declared)
        .put(data)
        .array();
  }

  /** A later packet: index, data. */
  static byte[] next(int index, byte... data) {
    return ByteBuffer.allocate(2 + data.length).putShort((short) index).put(data).array();
  }

  /** All packets of a message, the empty one behind an exact multiple included. */
  static List<byte[]> of(byte[] message, int dataBytes) {
    var packets = new ArrayList<byte[]>();
    for (int i = 0; i <= message.length / dataBytes; i++) {
      int from = i * dataBytes;
      byte[] data = new byte[Math.min(dataBytes, message.length - from)];
      System.arraycopy(message, from, data, 0, data.length);
      packets.add(i == 0 ? first(message.length, data) : next(i, data));
    }
    return packets;
  }
}
