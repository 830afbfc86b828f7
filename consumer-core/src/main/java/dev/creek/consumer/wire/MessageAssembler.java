package dev.creek.consumer.wire;

import dev.creek.consumer.api.MessageException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Assembles the packets of one table, in stream order, to whole messages.
 *
 * <p>Packet 0 is {@code u16 0, u32 length, data}; packet i is {@code u16 i, data}. A message that
 * fills its packets exactly is followed by a packet without data. That packet is ignored, because
 * the message was returned when its last byte came.
 *
 * <p>Memory: at most twice the bytes that have arrived of the unfinished message, and never more
 * than its declared length; a header alone allocates nothing. Not thread-safe: one per table
 * pipeline. After an exception it stands between two messages. Only after a message that is
 * {@linkplain MessageException.TooLong too long} it expects the rest of that message, and drops it.
 */
public final class MessageAssembler {
  private static final int INDEX_BYTES = 2;

  /** Before the data of a message's first packet. */
  static final int HEADER_BYTES = 6;

  private static final int MAX_PACKETS = 1 << 16;
  private static final byte[] NONE = {};

  private final int maxMessageBytes;
  private byte[] message = NONE;
  private int length;
  private int arrived;
  private int packets;
  private boolean unfinished;

  /** The message that has begun is too long, and is dropped. */
  private boolean dropping;

  private long firstSequence;
  private long abandoned;

  /**
   * An assembler that stands between two messages.
   *
   * @param maxMessageBytes longest message that is accepted
   */
  public MessageAssembler(int maxMessageBytes) {
    this.maxMessageBytes = maxMessageBytes;
  }

  /**
   * Takes the next packet.
   *
   * @param packet its payload, which must not change any more: a message in one packet is not
   *     copied
   * @return the message that it completes, or null
   * @throws MessageException.LostHead if packets before this one are missing
   * @throws MessageException if it is not a packet, or contradicts the declared length
   */
  public @Nullable WireMessage accept(long sequence, byte[] packet) {
    try {
      if (packet.length < INDEX_BYTES) {
        throw new MessageException("a packet of " + packet.length + " bytes has no index");
      }
      int index = u16(packet);
      return index == 0 ? begin(sequence, packet) : proceed(sequence, index, packet);
    } catch (MessageException.TooLong e) {
      throw e;
    } catch (MessageException e) {
      forget();
      throw e;
    }
  }

  /** Tells whether a message has begun and is not complete. */
  public boolean inMessage() {
    return unfinished;
  }

  /**
   * Number of messages that began and never ended, because a producer died between two packets. It
   * had not acknowledged them to its source, so they come again, whole, after its restart.
   */
  public long abandoned() {
    return abandoned;
  }

  private @Nullable WireMessage begin(long sequence, byte[] packet) {
    if (unfinished) {
      abandoned++;
      forget();
    }
    if (packet.length < HEADER_BYTES) {
      throw new MessageException("a first packet of " + packet.length + " bytes has no length");
    }
    int declared = i32(packet);
    int data = packet.length - HEADER_BYTES;
    if (declared < 0) {
      throw new MessageException(
          String.format(
              "a message declares %d bytes, more than any can have",
              Integer.toUnsignedLong(declared)));
    }
    length = declared;
    packets = 1;
    firstSequence = sequence;
    if (declared > maxMessageBytes) {
      arrived = data;
      dropping = data < declared;
      unfinished = dropping;
      throw new MessageException.TooLong(
          String.format(
              "a message of %d bytes is longer than the %d that are accepted",
              declared, maxMessageBytes),
          declared);
    }
    if (data == declared) {
      return new WireMessage(packet, HEADER_BYTES, declared, sequence, sequence);
    }
    if (data == 0) {
      throw new MessageException("the first packet of " + declared + " bytes carries none of them");
    }
    unfinished = true;
    append(packet, HEADER_BYTES);
    return null;
  }

  private @Nullable WireMessage proceed(long sequence, int index, byte[] packet) {
    if (!unfinished && packet.length == INDEX_BYTES && endsMessageOf(index)) {
      packets = MAX_PACKETS; // no index: a second empty packet ends a message that was never read
      return null;
    }
    if (!unfinished || index != packets) {
      throw new MessageException.LostHead(
          unfinished
              ? "packet " + index + " came where packet " + packets + " belongs"
              : "packet " + index + " came without the packets before it");
    }
    if (packet.length == INDEX_BYTES) {
      throw new MessageException(
          "packet " + index + " is empty, " + (length - arrived) + " bytes before the end");
    }
    if (dropping) {
      arrived += packet.length - INDEX_BYTES;
    } else {
      append(packet, INDEX_BYTES);
    }
    packets++;
    if (arrived < length) {
      if (packets == MAX_PACKETS) {
        throw new MessageException("a message has more packets than their index can count");
      }
      return null;
    }
    if (dropping) {
      int last = packets;
      forget();
      packets = last;
      return null;
    }
    var whole = new WireMessage(message, 0, length, firstSequence, sequence);
    message = NONE;
    arrived = 0;
    unfinished = false;
    return whole;
  }

  /**
   * Tells whether an empty packet belongs to the message just completed, or is the first packet
   * read at all: then an earlier reader read its message.
   */
  private boolean endsMessageOf(int index) {
    return packets == 0 || index == packets;
  }

  private void append(byte[] packet, int from) {
    int data = packet.length - from;
    if (data > length - arrived) {
      throw new MessageException(
          String.format(
              "packet %d carries %d bytes, %d more than the message declares",
              unfinished ? packets : 0, data, data - (length - arrived)));
    }
    if (message.length - arrived < data) {
      // Doubling, so that a long message is copied a few times, not once per packet.
      int room = (int) Math.min(length, Math.max(arrived + (long) data, message.length * 2L));
      message = Arrays.copyOf(message, room);
    }
    System.arraycopy(packet, from, message, arrived, data);
    arrived += data;
  }

  private void forget() {
    message = NONE;
    arrived = 0;
    packets = 0;
    unfinished = false;
    dropping = false;
  }

  private static int u16(byte[] packet) {
    return (packet[0] & 0xff) << 8 | (packet[1] & 0xff);
  }

  private static int i32(byte[] packet) {
    return (packet[2] & 0xff) << 24
        | (packet[3] & 0xff) << 16
        | (packet[4] & 0xff) << 8
        | (packet[5] & 0xff);
  }
}
