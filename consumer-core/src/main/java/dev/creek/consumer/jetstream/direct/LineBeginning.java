package dev.creek.consumer.jetstream.direct;

import dev.creek.consumer.api.SourceTable;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How the lines of one consumer's messages of one subject begin: all before the stream sequence,
 * which is the same from message to message. Immutable.
 *
 * <pre>
 * HMSG subject sid $JS.ACK.stream.consumer.deliveries.
 * </pre>
 */
final class LineBeginning {
  private final PacketReceivers.Entry receiver;
  private final @Nullable SourceTable table;
  private final byte[] bytes;
  private final boolean headed;
  private final int subjectBytes;
  private final int replyAt;

  /**
   * Of a line that was read and understood.
   *
   * @param receiver who got the message
   * @param table the one of its subject
   * @param line holds it
   * @param from index of its first byte
   * @param to index of its reply's stream sequence
   * @param headed whether it tells how long the headers are
   * @param subjectBytes how long the subject is
   * @param replyFrom index of its reply
   */
  LineBeginning(
      PacketReceivers.Entry receiver,
      @Nullable SourceTable table,
      byte[] line,
      int from,
      int to,
      boolean headed,
      int subjectBytes,
      int replyFrom) {
    this.receiver = receiver;
    this.table = table;
    this.bytes = Arrays.copyOfRange(line, from, to);
    this.headed = headed;
    this.subjectBytes = subjectBytes;
    this.replyAt = replyFrom - from;
  }

  /** Whether what is there begins so, and its receiver still wants it. */
  boolean isAt(byte[] there, int from, int limit) {
    int length = bytes.length;
    return limit - from >= length
        && Arrays.equals(there, from, from + length, bytes, 0, length)
        && !receiver.isDisposed();
  }

  PacketReceivers.Entry receiver() {
    return receiver;
  }

  @Nullable SourceTable table() {
    return table;
  }

  /** All of it. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return bytes.length;
  }

  boolean headed() {
    return headed;
  }

  /** How long subject and reply are together, in a line whose reply ends at this distance. */
  int subjectsBytes(int replyEnd) {
    return subjectBytes + replyEnd - replyAt;
  }
}
