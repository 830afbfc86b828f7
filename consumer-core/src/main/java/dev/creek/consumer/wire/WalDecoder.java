package dev.creek.consumer.wire;

import dev.creek.consumer.api.MessageException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the envelope of WAL messages of one schema: {@code C3 01}, fingerprint, then Avro binary.
 * Row values stay where they are; only the bytes before them are walked over. The one object made
 * per message is the {@link Change}. Not thread-safe: one per table pipeline.
 */
public final class WalDecoder {
  /** Magic and fingerprint. */
  static final int HEADER_BYTES = 10;

  private static final int MAGIC = 0xC301;
  private static final int NULL_OR_RECORD = 2;
  private static final Operation[] OPERATIONS = Operation.values();

  private final WalSchema schema;
  private final TransactionHead head;
  private final AvroCursor cursor = new AvroCursor();

  public WalDecoder(WalSchema schema) {
    this.schema = schema;
    this.head = new TransactionHead(schema.generation());
  }

  /** The schema of the messages. */
  public WalSchema schema() {
    return schema;
  }

  /**
   * The bits of the fingerprint of a WAL message's schema.
   *
   * @throws MessageException if it does not begin like a WAL message
   */
  public static long fingerprint(WireMessage message) {
    byte[] bytes = message.bytes();
    int at = message.offset();
    if (message.length() < HEADER_BYTES || !magic(bytes, at)) {
      throw atSequence(message, "not a WAL message: it does not begin with C3 01", null);
    }
    return bits(bytes, at);
  }

  /**
   * The fingerprint of the WAL message that begins in a packet.
   *
   * @param packet as the stream holds it
   * @return null if none begins there, or not with enough bytes
   */
  public static @Nullable Fingerprint fingerprint(byte[] packet) {
    int at = MessageAssembler.HEADER_BYTES;
    boolean begins =
        packet.length >= at + HEADER_BYTES && packet[0] == 0 && packet[1] == 0 && magic(packet, at);
    return begins ? new Fingerprint(bits(packet, at)) : null;
  }

  private static boolean magic(byte[] bytes, int at) {
    return ((bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff)) == MAGIC;
  }

  private static long bits(byte[] bytes, int at) {
    long bits = 0;
    // Big-endian, unlike Avro's own single-object encoding.
    for (int i = at + 2; i < at + HEADER_BYTES; i++) {
      bits = bits << 8 | (bytes[i] & 0xff);
    }
    return bits;
  }

  /**
   * Finds the images and the source transaction of a message. The after image is not walked: its
   * decoder checks that it ends at {@link Change#end()}.
   *
   * @throws MessageException if the message does not have this schema, with its sequence
   */
  public Change decode(WireMessage message) {
    boolean known = head.isOf(message);
    if (!known) {
      requireSchema(message);
    }
    try {
      return envelope(message, known);
    } catch (MessageException e) {
      throw atSequence(message, String.valueOf(e.getMessage()), e);
    }
  }

  private void requireSchema(WireMessage message) {
    long fingerprint = fingerprint(message);
    if (fingerprint != schema.fingerprint().bits()) {
      throw atSequence(
          message,
          "schema is " + new Fingerprint(fingerprint) + ", not " + schema.fingerprint(),
          null);
    }
  }

  private Change envelope(WireMessage message, boolean known) {
    int end = message.offset() + message.length();
    cursor.over(message.bytes(), message.offset(), end);
    if (known) {
      head.pass(cursor);
    } else {
      head.read(cursor);
    }
    Operation operation = OPERATIONS[cursor.readIndex(OPERATIONS.length)];
    long sentAtMicros = cursor.readLong();
    int before = -1;
    if (cursor.readIndex(NULL_OR_RECORD) != 0) {
      before = cursor.position();
      cursor.skip(schema.before());
    }
    int after = cursor.readIndex(NULL_OR_RECORD) == 0 ? -1 : cursor.position();
    check(operation, before, after);
    return new Change(
        schema,
        operation,
        message.bytes(),
        before,
        after,
        end,
        message.lastSequence(),
        head.transactionId(),
        head.committedAtMicros(),
        head.lastLsn(),
        head.lsn(),
        sentAtMicros);
  }

  private void check(Operation operation, int before, int after) {
    switch (operation) {
      case INSERT, READ, UPDATE -> require(after >= 0, operation, "after");
      case UPDATE_KEY -> {
        require(before >= 0, operation, "before");
        require(after >= 0, operation, "after");
      }
      case DELETE -> require(before >= 0, operation, "before");
      case TRUNCATE -> {}
    }
    if (after < 0 && cursor.remaining() > 0) {
      throw cursor.malformed("bytes behind the end of the message's record");
    }
  }

  private void require(boolean there, Operation operation, String image) {
    if (!there) {
      throw cursor.malformed(operation + " without its " + image + " image");
    }
  }

  private static MessageException atSequence(
      WireMessage message, String what, @Nullable Throwable cause) {
    String text = "message at sequence " + message.lastSequence() + ": " + what;
    return cause == null ? new MessageException(text) : new MessageException(text, cause);
  }
}
