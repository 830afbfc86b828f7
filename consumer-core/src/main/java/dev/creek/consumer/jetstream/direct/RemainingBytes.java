package dev.creek.consumer.jetstream.direct;

import java.util.Arrays;

/** Bytes that a {@link PacketFilter} leaves to the client, in their order. Not thread-safe. */
final class RemainingBytes {
  private byte[] bytes = new byte[1024];
  private int begin;
  private int end;

  boolean isEmpty() {
    return begin == end;
  }

  void add(byte[] more, int from, int to) {
    int length = to - from;
    if (isEmpty()) {
      begin = 0;
      end = 0;
    }
    if (end + length > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(end + length, 2 * bytes.length));
    }
    System.arraycopy(more, from, bytes, end, length);
    end += length;
  }

  /** Moves up to {@code room} bytes to {@code into}, and returns their number. */
  int take(byte[] into, int at, int room) {
    int length = Math.min(room, end - begin);
    System.arraycopy(bytes, begin, into, at, length);
    begin += length;
    return length;
  }
}
