package dev.creek.consumer.testing;

import java.time.Instant;

/**
 * A source transaction.
 *
 * @param id 32-bit xid
 * @param committedAt commit time
 * @param lsn as published with every message (OLD) or the first one (NEW)
 */
public record WalTx(long id, Instant committedAt, long lsn) {

  /** Transaction {@code n}: xid, commit time and LSN rise with it. */
  public static WalTx of(long n) {
    return new WalTx(
        700 + n, Instant.parse("2024-05-01T10:00:00Z").plusMillis(n), 0x2_8000_0000L + n * 0x100);
  }

  /** The same transaction at a later LSN, as NEW publishes it. */
  public WalTx at(long nextLsn) {
    return new WalTx(id, committedAt, nextLsn);
  }

  /** The producer's text form of an LSN: hexadecimal halves without padding. */
  static String text(long lsn) {
    return String.format(java.util.Locale.ROOT, "%X/%X", lsn >>> 32, lsn & 0xffff_ffffL);
  }
}
