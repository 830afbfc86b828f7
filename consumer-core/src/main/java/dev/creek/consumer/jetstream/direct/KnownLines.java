package dev.creek.consumer.jetstream.direct;

import org.jspecify.annotations.Nullable;

/**
 * Reads the lines of messages that begin as one of the same consumer and subject did before. Only
 * the numbers behind that are read, and once: a fifth of the time that it takes to look for the
 * line's end and take it to pieces.
 *
 * <p>It knows one spelling, the server's own, and of it only what is here as a whole, the message
 * included. Whatever else comes, right or wrong, it leaves to {@link PacketFilter}. Not
 * thread-safe.
 */
final class KnownLines {
  /** More digits may be beyond a long. */
  private static final int MAX_DIGITS = 19;

  private static final int END_BYTES = 2;

  private final LineBeginnings beginnings = new LineBeginnings();
  private final AckSubject ack;
  private byte[] bytes = {};
  private int at;
  private int limit;
  private int headers;
  private int total;
  private long wireBytes;

  /**
   * For one connection.
   *
   * @param ack takes the position of a message that was read
   */
  KnownLines(AckSubject ack) {
    this.ack = ack;
  }

  /**
   * Reads the line at an index. Where it is known, the other methods tell of its message.
   *
   * @param from holds what has come
   * @param begin index of the line's first byte
   * @param end index behind all that has come
   * @return who is to have the message, all of which is there; null where it is none of the known
   *     kind
   */
  PacketReceivers.@Nullable Entry read(byte[] from, int begin, int end) {
    LineBeginning beginning = beginnings.at(from, begin, end);
    if (beginning == null || !numbers(beginning, from, begin, end)) {
      return null;
    }
    ack.belongsTo(beginning.table());
    return beginning.receiver();
  }

  /** From now on lines that begin so are known. */
  void learn(LineBeginning beginning) {
    beginnings.learn(beginning);
  }

  private boolean numbers(LineBeginning beginning, byte[] from, int begin, int end) {
    bytes = from;
    at = begin + beginning.length();
    limit = end;
    long streamSequence = before('.');
    long consumerSequence = before('.');
    long time = before('.');
    long pending = before(' ');
    int replyEnd = at - 1;
    long headerBytes = beginning.headed() ? before(' ') : 0;
    long totalBytes = before('\r');
    boolean numbers = (time | headerBytes) >= 0 && totalBytes >= headerBytes;
    if (!numbers || totalBytes > end - at - 1 - END_BYTES || bytes[at] != '\n') {
      return false;
    }
    at++;
    headers = (int) headerBytes;
    total = (int) totalBytes;
    wireBytes = totalBytes + beginning.subjectsBytes(replyEnd - begin);
    int behind = at + total;
    return bytes[behind] == '\r'
        && bytes[behind + 1] == '\n'
        && ack.set(streamSequence, consumerSequence, pending);
  }

  /** The number at this place, or -1 where it does not end so; steps behind its end. */
  private long before(char separator) {
    byte[] in = bytes;
    int end = limit;
    int begin = at;
    int i = begin;
    long value = 0;
    while (i < end) {
      int digit = in[i] - '0';
      if (digit < 0 || digit > 9) {
        break;
      }
      value = value * 10 + digit;
      i++;
    }
    at = i + 1;
    boolean whole = i > begin && i - begin <= MAX_DIGITS && i < end && in[i] == separator;
    return whole ? value : -1;
  }

  /** Index of the payload. */
  int payloadFrom() {
    return at + headers;
  }

  /** Index behind it. */
  int payloadTo() {
    return at + total;
  }

  /** Index behind the message. */
  int next() {
    return at + total + END_BYTES;
  }

  /** The message's size as the broker counts it. */
  long wireBytes() {
    return wireBytes;
  }
}
