package dev.creek.consumer.jetstream.direct;

import dev.creek.consumer.api.SourceTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes messages of registered consumers out of the bytes that a server sends, and leaves all other
 * bytes to the client. A message's consumer is found in its reply subject, to which it would be
 * acknowledged. Headers are skipped.
 *
 * <p>It parses only as much of the NATS protocol as is needed to find where messages begin and end:
 *
 * <pre>
 * MSG  subject sid [reply] bytes               payload
 * HMSG subject sid [reply] headerBytes bytes   headers payload
 * </pre>
 *
 * <p>Bytes may come in pieces of any size. Not thread-safe.
 */
final class PacketFilter {
  /** INFO, the longest line of the protocol, lists all servers of a cluster. */
  private static final int LONGEST_LINE = 1 << 20;

  private static final byte[] NO_PAYLOAD = {};

  private final PacketReceivers receivers;
  private final RemainingBytes rest = new RemainingBytes();
  private final AckSubject ack;
  private final KnownLines known;
  private final MessageLine announced = new MessageLine();
  private Part part = Part.LINE;

  /** The beginning of a line whose end has not arrived yet. */
  private byte[] line = new byte[512];

  private int lineLength;

  /** Number of bytes of the current part that have not arrived yet. */
  private int left;

  private byte[] payload = NO_PAYLOAD;
  private long wireBytes;
  private PacketReceivers.@Nullable Entry receiver;

  /** Receivers that got messages since the last {@link #pause}. */
  private final List<PacketReceivers.Entry> reached = new ArrayList<>();

  PacketFilter(PacketReceivers receivers) {
    this(receivers, new AckSubject());
  }

  private PacketFilter(PacketReceivers receivers, AckSubject ack) {
    this(receivers, ack, new KnownLines(ack));
  }

  /**
   * A filter.
   *
   * @param ack set to the sequences of each message
   * @param known sets the same {@code ack}
   */
  PacketFilter(PacketReceivers receivers, AckSubject ack, KnownLines known) {
    this.receivers = receivers;
    this.ack = ack;
    this.known = known;
  }

  /** The part of the protocol that the next byte belongs to. */
  private enum Part {
    LINE,
    OTHERS_BODY,
    HEADERS,
    PAYLOAD,
    END
  }

  /** Bytes for the client that it has not taken yet. */
  RemainingBytes rest() {
    return rest;
  }

  /**
   * Takes the next bytes of the connection.
   *
   * @throws IOException if they are not the NATS protocol, or a receiver failed: the connection
   *     cannot be used any more
   */
  void accept(byte[] bytes, int length) throws IOException {
    int at = 0;
    while (at < length) {
      at =
          switch (part) {
            case LINE -> lineLength == 0 ? message(bytes, at, length) : line(bytes, at, length);
            case OTHERS_BODY -> othersBody(bytes, at, length);
            case HEADERS -> headers(at, length);
            case PAYLOAD -> payload(bytes, at, length);
            case END -> end(bytes, at);
          };
    }
    pause();
  }

  /** Tells each receiver once that no more messages are at hand. */
  private void pause() throws IOException {
    try {
      reached.forEach(PacketReceivers.Entry::pause);
    } catch (RuntimeException e) {
      throw refused(e);
    }
    reached.clear();
  }

  /** Usually a whole message whose line begins like a known one; else a line of any kind. */
  private int message(byte[] bytes, int at, int length) throws IOException {
    PacketReceivers.Entry to = known.read(bytes, at, length);
    if (to == null) {
      return line(bytes, at, length);
    }
    int next = known.next();
    deliver(
        to, Arrays.copyOfRange(bytes, known.payloadFrom(), known.payloadTo()), known.wireBytes());
    return next;
  }

  private int line(byte[] bytes, int at, int length) throws IOException {
    int end = at;
    while (end < length && bytes[end] != '\n') {
      end++;
    }
    boolean whole = end < length;
    if (whole && lineLength == 0) {
      begin(bytes, at, end + 1);
      return end + 1;
    }
    int next = whole ? end + 1 : end;
    keep(bytes, at, next);
    if (whole) {
      int all = lineLength;
      lineLength = 0;
      begin(line, 0, all);
    }
    return next;
  }

  private void keep(byte[] bytes, int at, int next) throws IOException {
    int all = lineLength + next - at;
    if (all > LONGEST_LINE) {
      throw new IOException("the server sends a line without end");
    }
    if (all > line.length) {
      line = Arrays.copyOf(line, Math.max(all, 2 * line.length));
    }
    System.arraycopy(bytes, at, line, lineLength, next - at);
    lineLength = all;
  }

  /** Begins the part that a whole line announces; the line includes its end. */
  private void begin(byte[] bytes, int at, int next) throws IOException {
    if (!announced.read(bytes, at, next)) {
      rest.add(bytes, at, next);
      return;
    }
    int total = announced.totalBytes();
    int replyFrom = announced.replyFrom();
    int replyTo = announced.replyTo();
    receiver = announced.replied() ? receiver(bytes, replyFrom, replyTo) : null;
    if (receiver == null) {
      rest.add(bytes, at, next);
      left = Math.addExact(total, 2);
      part = Part.OTHERS_BODY;
    } else {
      int subjectFrom = announced.subjectFrom();
      int subject = announced.subjectTo() - subjectFrom;
      SourceTable table = receiver.table(bytes, subjectFrom, announced.subjectTo());
      ack.belongsTo(table);
      known.learn(
          new LineBeginning(
              receiver,
              table,
              bytes,
              at,
              ack.numbersFrom(),
              announced.headed(),
              subject,
              replyFrom));
      wireBytes = (long) total + subject + replyTo - replyFrom;
      int headers = announced.headerBytes();
      payload = new byte[total - headers];
      left = headers;
      part = Part.HEADERS;
      headers(0, 0);
    }
  }

  private PacketReceivers.@Nullable Entry receiver(byte[] bytes, int begin, int end) {
    return ack.read(bytes, begin, end)
        ? receivers.find(bytes, ack.consumerFrom(), ack.consumerTo(), receiver)
        : null;
  }

  private int othersBody(byte[] bytes, int at, int length) {
    int next = Math.min(length, at + left);
    rest.add(bytes, at, next);
    left -= next - at;
    if (left == 0) {
      part = Part.LINE;
    }
    return next;
  }

  private int headers(int at, int length) {
    int next = Math.min(length, at + left);
    left -= next - at;
    if (left == 0) {
      left = payload.length;
      part = left == 0 ? endNext() : Part.PAYLOAD;
    }
    return next;
  }

  private Part endNext() {
    left = 2;
    return Part.END;
  }

  private int payload(byte[] bytes, int at, int length) {
    int next = Math.min(length, at + left);
    System.arraycopy(bytes, at, payload, payload.length - left, next - at);
    left -= next - at;
    if (left == 0) {
      part = endNext();
    }
    return next;
  }

  private int end(byte[] bytes, int at) throws IOException {
    if (bytes[at] != (left == 2 ? '\r' : '\n')) {
      throw MessageLine.notNats();
    }
    left--;
    if (left == 0) {
      part = Part.LINE;
      deliver();
    }
    return at + 1;
  }

  private void deliver() throws IOException {
    byte[] data = payload;
    payload = NO_PAYLOAD;
    if (receiver != null) {
      deliver(receiver, data, wireBytes);
    }
  }

  private void deliver(PacketReceivers.Entry to, byte[] data, long size) throws IOException {
    if (to.isDisposed()) {
      return;
    }
    try {
      if (to.deliver(ack, data, size)) {
        reached.add(to);
      }
    } catch (RuntimeException e) {
      throw refused(e);
    }
  }

  private static IOException refused(RuntimeException e) {
    return new IOException("a message was refused: " + e.getMessage(), e);
  }
}
