package dev.creek.consumer.wire;

import dev.creek.consumer.api.Generation;
import java.time.Instant;

/**
 * One row change: its source transaction, and the place of its images in the message's bytes.
 * Values are not decoded.
 *
 * @param schema schema of the message
 * @param operation kind of change
 * @param data array that holds the message
 * @param before offset of the before record in {@code data}, or -1
 * @param after offset of the after record in {@code data}, or -1
 * @param end offset just behind the message
 * @param sequence stream sequence of the message's last packet
 * @param transactionId 32-bit xid of the source transaction
 * @param committedAtMicros commit time of the source transaction, microseconds since 1970
 * @param lastLsn OLD: LSN of the transaction that its producer read before this one, or of the
 *     place where it began; 0 with NEW
 * @param lsn source LSN as published, for display only; neither unique nor a commit LSN
 * @param sentAtMicros time of publication by the producer's clock, microseconds since 1970
 */
@SuppressWarnings(
    "ArrayRecordComponent") // identity is never compared; copying would cost a pass over every row
public record Change(
    WalSchema schema,
    Operation operation,
    byte[] data,
    int before,
    int after,
    int end,
    long sequence,
    long transactionId,
    long committedAtMicros,
    long lastLsn,
    long lsn,
    long sentAtMicros) {

  /**
   * Tells whether the same source transaction made both. OLD compares the LSN as well; NEW's LSN
   * differs per message.
   */
  public boolean sameTransaction(Change other) {
    return transactionId == other.transactionId
        && committedAtMicros == other.committedAtMicros
        && (schema.generation() == Generation.NEW || lsn == other.lsn);
  }

  /** Commit time of the source transaction. */
  public Instant committedAt() {
    return Instant.ofEpochSecond(
        Math.floorDiv(committedAtMicros, 1_000_000L),
        Math.floorMod(committedAtMicros, 1_000_000L) * 1000);
  }

  /** Size of the message in bytes. */
  public int bytes() {
    return data.length;
  }
}
