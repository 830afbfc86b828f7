package dev.creek.consumer.jetstream.direct;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.jetstream.pull.MessagePlace;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the reply subject of a JetStream message, which says where it stands. Two forms:
 *
 * <pre>
 * $JS.ACK.stream.consumer.deliveries.streamSeq.consumerSeq.time.pending
 * $JS.ACK.domain.account.stream.consumer.deliveries.streamSeq.consumerSeq.time.pending[.token]
 * </pre>
 *
 * <p>Read by hand from the bytes that the server sent: strings, let alone the client's own parser
 * that splits it into some, would cost more than all else that is done with a message here. Not
 * thread-safe.
 */
final class AckSubject implements MessagePlace {
  private static final byte[] PREFIX = "$JS.ACK.".getBytes(US_ASCII);
  private static final int SHORT_TOKENS = 9;
  private static final int LONG_TOKENS = 11;

  /** Tokens before the consumer's name. */
  private static final int SHORT_SKIP = 3;

  private static final int LONG_SKIP = 5;

  private byte[] bytes = PREFIX;
  private int end;
  private int at;
  private int consumerFrom;
  private int consumerTo;
  private int numbersFrom;
  private long streamSequence;
  private long consumerSequence;
  private long pending;
  private @Nullable SourceTable table;

  /**
   * Reads it.
   *
   * @param from index of its first byte
   * @param to index behind its last
   * @return false where it is not such a subject
   */
  boolean read(byte[] subject, int from, int to) {
    if (to - from < PREFIX.length
        || !Arrays.equals(subject, from, from + PREFIX.length, PREFIX, 0, PREFIX.length)) {
      return false;
    }
    bytes = subject;
    end = to;
    int tokens = 1;
    for (int i = from; i < to; i++) {
      if (subject[i] == '.') {
        tokens++;
      }
    }
    if (tokens != SHORT_TOKENS && tokens < LONG_TOKENS) {
      return false;
    }
    at = from;
    skip(tokens == SHORT_TOKENS ? SHORT_SKIP : LONG_SKIP);
    consumerFrom = at;
    skip(1);
    consumerTo = at - 1;
    skip(1);
    numbersFrom = at;
    long stream = number();
    long consumer = number();
    skip(1);
    return set(stream, consumer, number());
  }

  /**
   * Takes the numbers of one that was read elsewhere.
   *
   * @return false where they are none of such a subject
   */
  boolean set(long streamSequence, long consumerSequence, long pending) {
    this.streamSequence = streamSequence;
    this.consumerSequence = consumerSequence;
    this.pending = pending;
    return streamSequence > 0 && consumerSequence > 0 && pending >= 0;
  }

  /** It is of a message of this table. */
  void belongsTo(@Nullable SourceTable ofMessage) {
    table = ofMessage;
  }

  private void skip(int tokens) {
    for (int left = tokens; left > 0; at++) {
      if (bytes[at] == '.') {
        left--;
      }
    }
  }

  /** The number at this place, or -1; steps behind the dot that follows it. */
  private long number() {
    long value = 0;
    int begin = at;
    while (at < end && bytes[at] != '.') {
      int digit = bytes[at] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
      at++;
    }
    if (at == begin) {
      return -1;
    }
    at++;
    return value;
  }

  /** Index of the first byte of the consumer's name. */
  int consumerFrom() {
    return consumerFrom;
  }

  /** Index behind its last. */
  int consumerTo() {
    return consumerTo;
  }

  /** Index of the first byte of the stream's sequence. */
  int numbersFrom() {
    return numbersFrom;
  }

  @Override
  public long streamSequence() {
    return streamSequence;
  }

  @Override
  public long consumerSequence() {
    return consumerSequence;
  }

  @Override
  public long pending() {
    return pending;
  }

  @Override
  public @Nullable SourceTable table() {
    return table;
  }
}
