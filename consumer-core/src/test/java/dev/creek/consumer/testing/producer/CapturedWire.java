package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.creek.consumer.testing.CapturedMessage;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Puts the messages of a stream together from their packets, and takes the envelope off. */
final class CapturedWire {

  /**
   * A logical message.
   *
   * @param packets how many packets it came in, a trailing empty one included
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by its parts
  record Whole(
      String subject, Map<String, List<String>> headers, byte[] bytes, int packets, long sequence) {

    String text() {
      return new String(bytes, UTF_8);
    }
  }

  /**
   * A WAL message.
   *
   * @param images before and after as they are on the wire, union branches included
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by its parts
  record Envelope(
      String fingerprint,
      String name,
      long txAt,
      String database,
      String namespace,
      String table,
      long txId,
      String lastLsn,
      String lsn,
      String op,
      long sentAt,
      byte[] images) {}

  private static final List<String> OPERATIONS = List.of("c", "u", "u_pk", "d", "t", "r");

  private CapturedWire() {}

  static List<Whole> assemble(Collection<CapturedMessage> packets) {
    var open = new HashMap<String, Assembly>();
    var all = new ArrayList<Assembly>();
    for (CapturedMessage packet : packets) {
      ByteBuffer payload = ByteBuffer.wrap(packet.payload());
      if (payload.getShort() == 0) {
        var assembly = new Assembly(packet, payload.getInt());
        open.put(packet.subject(), assembly);
        all.add(assembly);
      }
      open.get(packet.subject()).add(payload);
    }
    return all.stream().map(Assembly::whole).toList();
  }

  /** Reads the envelope; {@code old} says whether it has a last_lsn. */
  static Envelope envelope(byte[] message, boolean old) {
    ByteBuffer in = ByteBuffer.wrap(message);
    if (in.getShort() != (short) 0xC301) {
      throw new IllegalArgumentException("not a WAL message");
    }
    in.getLong();
    return new Envelope(
        string(in),
        string(in),
        number(in),
        string(in),
        string(in),
        string(in),
        number(in),
        old ? string(in) : "",
        string(in),
        OPERATIONS.get((int) number(in)),
        number(in),
        Arrays.copyOfRange(message, in.position(), message.length));
  }

  private static String string(ByteBuffer in) {
    byte[] utf8 = new byte[(int) number(in)];
    in.get(utf8);
    return new String(utf8, UTF_8);
  }

  private static long number(ByteBuffer in) {
    long zigzag = 0;
    int shift = 0;
    byte b;
    do {
      b = in.get();
      zigzag |= (b & 0x7FL) << shift;
      shift += 7;
    } while (b < 0);
    return (zigzag >>> 1) ^ -(zigzag & 1);
  }

  private static final class Assembly {
    private final CapturedMessage first;
    private final int length;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private int packets;

    Assembly(CapturedMessage first, int length) {
      this.first = first;
      this.length = length;
    }

    void add(ByteBuffer payload) {
      byte[] data = new byte[payload.remaining()];
      payload.get(data);
      bytes.writeBytes(data);
      packets++;
    }

    Whole whole() {
      if (bytes.size() != length) {
        throw new IllegalStateException(
            first.subject() + " " + first.sequence() + ": " + bytes.size() + " of " + length);
      }
      return new Whole(
          first.subject(), first.headers(), bytes.toByteArray(), packets, first.sequence());
    }
  }
}
