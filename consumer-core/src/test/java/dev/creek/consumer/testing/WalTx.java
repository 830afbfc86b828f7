package dev.creek.consumer.testing;

import java.time.Duration;
import java.time.Instant;

/**
 * A source transaction.
 *
 * @param id 32-bit xid
 * @param committedAt commit time
 * @param lsn as published with every message (OLD) or the first one (NEW)
 * @param lastLsn OLD: of what the producer read before
 * @param sentAt when a message is published, by the producer's clock
 */
public record WalTx(long id, Instant committedAt, long lsn, long lastLsn, Instant sentAt) {

  /** Published at once, behind another one. */
  public WalTx(long id, Instant committedAt, long lsn) {
    this(id, committedAt, lsn, lsn - 0x100, committedAt.plusNanos(100_000));
  }

  /** Transaction {@code n}: xid, commit time and LSN rise with it. */
  public static WalTx of(long n) {
    return new WalTx(
        700 + n, Instant.parse("2024-05-01T10:00:00Z").plusMillis(n), 0x2_8000_0000L + n * 0x100);
  }

  /** The same transaction at a later LSN, as NEW publishes it. */
  public WalTx at(long nextLsn) {
    return new WalTx(id, committedAt, nextLsn, lastLsn, sentAt);
  }

  /** The same transaction as the first that a producer reads, which begins there (OLD). */
  public WalTx readFrom(long start) {
    return new WalTx(id, committedAt, lsn, start, sentAt);
  }

  /** The same transaction, published so much later. */
  public WalTx later(Duration pause) {
    return new WalTx(id, committedAt, lsn, lastLsn, sentAt.plus(pause));
  }

  /** The producer's text form of an LSN: hexadecimal halves without padding. */
  static String text(long lsn) {
    return String.format(java.util.Locale.ROOT, "%X/%X", lsn >>> 32, lsn & 0xffff_ffffL);
  }
}
