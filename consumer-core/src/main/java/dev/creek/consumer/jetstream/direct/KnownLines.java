package dev.creek.consumer.jetstream.direct;

import org.jspecify.annotations.Nullable;

/**
 * Parses protocol lines that begin like an earlier one of the same consumer and subject. Only the
 * numbers after that beginning are parsed, which takes a fifth of the time of finding the line's
 * end and splitting the line.
 *
 * <p>It accepts only the server's own spelling, and only messages whose bytes have all arrived.
 * Everything else, valid or not, is left to {@link PacketFilter}. Not thread-safe.
 */
final class KnownLines {
  /** A number with more digits may not fit a long. */
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
   * The lines of one connection.
   *
   * @param ack is set to the sequences of each message that is read
   */
  KnownLines(AckSubject ack) {
    this.ack = ack;
  }

  /**
   * Parses the line at an index. If it is known, the other methods describe its message.
   *
   * @param from the bytes that have arrived
   * @param begin index of the line's first byte
   * @param end index after the last byte that has arrived
   * @return the receiver of the message; null if the beginning is not known, or the message has not
   *     arrived as a whole
   */
  PacketReceivers.@Nullable Entry read(byte[] from, int begin, int end) {
    LineBeginning beginning = beginnings.at(from, begin, end);
    if (beginning == null || !numbers(beginning, from, begin, end)) {
      return null;
    }
    ack.belongsTo(beginning.table());
    return beginning.receiver();
  }

  /** Adds a beginning to those that are known. */
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

  /** Parses a number and skips the separator after it; -1 if either is missing. */
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

  /** Index of the payload's first byte. */
  int payloadFrom() {
    return at + headers;
  }

  /** Index after the payload. */
  int payloadTo() {
    return at + total;
  }

  /** Index after the message. */
  int next() {
    return at + total + END_BYTES;
  }

  /** The message's size as the broker counts it. */
  long wireBytes() {
    return wireBytes;
  }
}
