package dev.creek.consumer.jetstream.direct;

import dev.creek.consumer.api.SourceTable;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The common beginning of the protocol lines of one consumer's messages of one subject: everything
 * before the stream sequence. Immutable.
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
   * The beginning of a line that {@link PacketFilter} has parsed.
   *
   * @param receiver receiver of the message
   * @param table table of its subject
   * @param line array that holds the line
   * @param from index of the line's first byte
   * @param to index of the stream sequence in the reply subject
   * @param headed whether the line states the length of headers (HMSG)
   * @param subjectBytes length of the subject
   * @param replyFrom index of the reply subject
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

  /** Tells whether {@code there[from, limit)} begins with it, and the receiver is not disposed. */
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

  /** The bytes of the beginning; not to be changed. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return bytes.length;
  }

  boolean headed() {
    return headed;
  }

  /**
   * The length of subject and reply subject together.
   *
   * @param replyEnd where the reply subject ends, counted from the line's first byte
   */
  int subjectsBytes(int replyEnd) {
    return subjectBytes + replyEnd - replyAt;
  }
}
