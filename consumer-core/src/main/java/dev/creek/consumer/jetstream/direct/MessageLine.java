package dev.creek.consumer.jetstream.direct;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.util.Arrays;

/**
 * A line of the NATS protocol that announces a message, split into its fields. One object parses
 * one line after another. Not thread-safe.
 *
 * <pre>
 * MSG  subject sid [reply] bytes
 * HMSG subject sid [reply] headerBytes bytes
 * </pre>
 */
final class MessageLine {
  private static final byte[] MSG = "MSG ".getBytes(US_ASCII);
  private static final byte[] HMSG = "HMSG ".getBytes(US_ASCII);
  private static final int MAX_FIELDS = 5;
  private static final int SUBJECT = 0;
  private static final int REPLY = 2;

  /** Indices of the first bytes of the fields, and after their last ones in {@link #to}. */
  private final int[] from = new int[MAX_FIELDS];

  private final int[] to = new int[MAX_FIELDS];
  private boolean headed;
  private boolean replied;
  private int totalBytes;
  private int headerBytes;

  /**
   * Parses {@code bytes[at, next)}, a line with its end.
   *
   * @return false if it does not announce a message; then nothing else is known of it
   * @throws IOException if it announces one, but not as the protocol says
   */
  boolean read(byte[] bytes, int at, int next) throws IOException {
    headed = begins(bytes, at, next, HMSG);
    if (!headed && !begins(bytes, at, next, MSG)) {
      return false;
    }
    int fields = split(bytes, at + (headed ? HMSG.length : MSG.length), next);
    int fewest = headed ? MAX_FIELDS - 1 : MAX_FIELDS - 2;
    if (fields < fewest || fields > fewest + 1) {
      throw notNats();
    }
    replied = fields > fewest;
    totalBytes = number(bytes, fields - 1);
    headerBytes = headed ? number(bytes, fields - 2) : 0;
    if (headerBytes > totalBytes) {
      throw notNats();
    }
    return true;
  }

  private static boolean begins(byte[] bytes, int at, int next, byte[] word) {
    return next - at > word.length
        && Arrays.equals(bytes, at, at + word.length, word, 0, word.length);
  }

  /** Splits a line. Returns the number of fields, at most {@link #MAX_FIELDS} + 1. */
  private int split(byte[] bytes, int begin, int next) {
    int fields = 0;
    int at = begin;
    while (at < next) {
      while (at < next && isSpace(bytes[at])) {
        at++;
      }
      if (at == next) {
        break;
      }
      if (fields == MAX_FIELDS) {
        return MAX_FIELDS + 1;
      }
      from[fields] = at;
      while (at < next && !isSpace(bytes[at])) {
        at++;
      }
      to[fields++] = at;
    }
    return fields;
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\t' || b == '\r' || b == '\n';
  }

  private int number(byte[] bytes, int field) throws IOException {
    long value = 0;
    for (int i = from[field]; i < to[field]; i++) {
      int digit = bytes[i] - '0';
      value = value * 10 + digit;
      if (digit < 0 || digit > 9 || value > Integer.MAX_VALUE - 2) {
        throw notNats();
      }
    }
    return (int) value;
  }

  static IOException notNats() {
    return new IOException("the server sends what is not the protocol of NATS");
  }

  /** Tells whether the message has headers. */
  boolean headed() {
    return headed;
  }

  /** Tells whether the message has a reply subject. */
  boolean replied() {
    return replied;
  }

  int subjectFrom() {
    return from[SUBJECT];
  }

  int subjectTo() {
    return to[SUBJECT];
  }

  /** Only if {@link #replied}. */
  int replyFrom() {
    return from[REPLY];
  }

  int replyTo() {
    return to[REPLY];
  }

  /** Length of headers and payload. */
  int totalBytes() {
    return totalBytes;
  }

  int headerBytes() {
    return headerBytes;
  }
}
