package dev.creek.consumer.wire;

import dev.creek.consumer.api.MessageException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** The commit time of a WAL message, read from its first packet alone, whatever its schema. */
public final class CommitTime {
  private CommitTime() {}

  /**
   * The commit time by the source's clock.
   *
   * @param packet as the stream holds it
   * @return null if the packet continues a message, or is not part of a WAL message
   */
  public static @Nullable Instant of(byte[] packet) {
    try {
      AvroCursor cursor = before(packet);
      return cursor == null ? null : Instant.EPOCH.plus(cursor.readLong(), ChronoUnit.MICROS);
    } catch (MessageException e) {
      return null;
    }
  }

  /**
   * A cursor that stands before the commit time.
   *
   * @return null if the packet continues a message
   * @throws MessageException if it ends before
   */
  static @Nullable AvroCursor before(byte[] packet) {
    if (packet.length < MessageAssembler.HEADER_BYTES || packet[0] != 0 || packet[1] != 0) {
      return null;
    }
    AvroCursor cursor = new AvroCursor().over(packet, MessageAssembler.HEADER_BYTES, packet.length);
    cursor.advance(WalDecoder.HEADER_BYTES);
    cursor.advance(cursor.readLength()); // fingerprint
    cursor.advance(cursor.readLength()); // source.name
    return cursor;
  }
}
