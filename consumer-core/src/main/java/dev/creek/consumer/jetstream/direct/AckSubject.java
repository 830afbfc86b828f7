package dev.creek.consumer.jetstream.direct;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.jetstream.pull.MessagePlace;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Parses the reply subject of a JetStream message, which holds the message's sequences. It has two
 * forms:
 *
 * <pre>
 * $JS.ACK.stream.consumer.deliveries.streamSeq.consumerSeq.time.pending
 * $JS.ACK.domain.account.stream.consumer.deliveries.streamSeq.consumerSeq.time.pending[.token]
 * </pre>
 *
 * <p>It is parsed as bytes: creating strings, as the client's parser does, would take longer than
 * everything else that is done with a message here. Not thread-safe.
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
   * Parses {@code subject[from, to)}.
   *
   * @return false if it is not the reply subject of a JetStream message
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
   * Sets numbers that were parsed elsewhere.
   *
   * @return false if no reply subject can have them
   */
  boolean set(long streamSequence, long consumerSequence, long pending) {
    this.streamSequence = streamSequence;
    this.consumerSequence = consumerSequence;
    this.pending = pending;
    return streamSequence > 0 && consumerSequence > 0 && pending >= 0;
  }

  /** Sets the table of the message. */
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

  /** Parses a number and skips the dot after it; -1 if there is no number. */
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

  /** Index after the last byte of the consumer's name. */
  int consumerTo() {
    return consumerTo;
  }

  /** Index of the first byte of the stream sequence. */
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
