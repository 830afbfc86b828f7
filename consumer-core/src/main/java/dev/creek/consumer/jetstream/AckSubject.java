package dev.creek.consumer.jetstream;

/**
 * Reads the reply subject of a JetStream message, which says where it stands. Two forms:
 *
 * <pre>
 * $JS.ACK.stream.consumer.deliveries.streamSeq.consumerSeq.time.pending
 * $JS.ACK.domain.account.stream.consumer.deliveries.streamSeq.consumerSeq.time.pending[.token]
 * </pre>
 *
 * <p>Read by hand into fields: the client's own parser splits it into strings, per message. Not
 * thread-safe.
 */
final class AckSubject {
  private static final String PREFIX = "$JS.ACK.";
  private static final int SHORT_TOKENS = 9;
  private static final int LONG_TOKENS = 11;
  private static final int SHORT_SKIP = 5;
  private static final int LONG_SKIP = 7;

  private long streamSequence;
  private long consumerSequence;
  private long pending;
  private int at;

  /**
   * Reads it.
   *
   * @return false where it is not such a subject
   */
  boolean read(String subject) {
    if (!subject.startsWith(PREFIX)) {
      return false;
    }
    int tokens = 1;
    for (int i = 0; i < subject.length(); i++) {
      if (subject.charAt(i) == '.') {
        tokens++;
      }
    }
    if (tokens != SHORT_TOKENS && tokens < LONG_TOKENS) {
      return false;
    }
    at = 0;
    skip(subject, tokens == SHORT_TOKENS ? SHORT_SKIP : LONG_SKIP);
    streamSequence = number(subject);
    consumerSequence = number(subject);
    skip(subject, 1);
    pending = number(subject);
    return streamSequence > 0 && consumerSequence > 0 && pending >= 0;
  }

  private void skip(String subject, int tokens) {
    for (int i = 0; i < tokens; i++) {
      at = subject.indexOf('.', at) + 1;
    }
  }

  /** The number at this place, or -1; steps behind the dot that follows it. */
  private long number(String subject) {
    long value = 0;
    int begin = at;
    while (at < subject.length() && subject.charAt(at) != '.') {
      int digit = subject.charAt(at) - '0';
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

  long streamSequence() {
    return streamSequence;
  }

  /**
   * How many messages the consumer has sent, this one included: without holes while none is lost.
   */
  long consumerSequence() {
    return consumerSequence;
  }

  /** How many more of the consumer's messages the stream held when this one was sent. */
  long pending() {
    return pending;
  }
}
