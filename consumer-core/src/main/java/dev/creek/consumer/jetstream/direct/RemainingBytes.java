package dev.creek.consumer.jetstream.direct;

import java.util.Arrays;

/** What a {@link PacketFilter} leaves to the client, in the order in which it came. */
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

  /** Moves as much as there is, and has room; how much that was. */
  int take(byte[] into, int at, int room) {
    int length = Math.min(room, end - begin);
    System.arraycopy(bytes, begin, into, at, length);
    begin += length;
    return length;
  }
}
