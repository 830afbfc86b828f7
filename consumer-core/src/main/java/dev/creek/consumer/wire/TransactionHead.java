package dev.creek.consumer.wire;

import dev.creek.consumer.api.Generation;
import java.util.Arrays;

/**
 * The beginning that all WAL messages of a transaction on a table share: everything up to the LSN,
 * and with OLD the LSN too. It is kept as bytes, so that the next message's beginning need only be
 * compared. Not thread-safe.
 */
final class TransactionHead {
  /** Three names of 63 bytes, and the other fields. A longer beginning is read each time. */
  private static final int LONGEST = 512;

  private final Generation generation;
  private final byte[] bytes = new byte[LONGEST];
  private int length;
  private long transactionId;
  private long committedAtMicros;
  private long lastLsn;
  private long lsn;

  TransactionHead(Generation generation) {
    this.generation = generation;
  }

  /** Tells whether the message begins like the one before. */
  boolean isOf(WireMessage message) {
    int from = message.offset();
    return length > 0
        && length <= message.length()
        && Arrays.equals(message.bytes(), from, from + length, bytes, 0, length);
  }

  /** Skips the beginning that {@link #isOf} has found. */
  void pass(AvroCursor cursor) {
    cursor.advance(length);
    readLsn(cursor);
  }

  /** Reads another beginning; the cursor stands at the start of the message. */
  void read(AvroCursor cursor) {
    length = 0;
    int from = cursor.position();
    cursor.advance(WalDecoder.HEADER_BYTES);
    skipString(cursor); // fingerprint, again
    skipString(cursor); // source.name
    committedAtMicros = cursor.readLong();
    skipString(cursor); // source.db
    skipString(cursor); // source.schema
    skipString(cursor); // source.table
    transactionId = cursor.readLong();
    if (generation == Generation.OLD) {
      lastLsn = Lsn.read(cursor);
      lsn = Lsn.read(cursor);
    }
    keep(cursor.bytes(), from, cursor.position());
    readLsn(cursor);
  }

  /** NEW's LSN belongs to the message. */
  private void readLsn(AvroCursor cursor) {
    if (generation == Generation.NEW) {
      lsn = Lsn.read(cursor);
    }
  }

  private void keep(byte[] message, int from, int to) {
    if (to - from <= LONGEST) {
      length = to - from;
      System.arraycopy(message, from, bytes, 0, length);
    }
  }

  private static void skipString(AvroCursor cursor) {
    cursor.advance(cursor.readLength());
  }

  long transactionId() {
    return transactionId;
  }

  long committedAtMicros() {
    return committedAtMicros;
  }

  /** OLD: LSN of the transaction that its producer read before this one; 0 with NEW. */
  long lastLsn() {
    return lastLsn;
  }

  /** LSN of the message that was read or skipped last. */
  long lsn() {
    return lsn;
  }
}
