package dev.creek.consumer.postgres.position;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.postgres.session.Binding;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.Lsn;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The state of {@link RepublishedFilter}, as stored in {@code subscriptions}.
 *
 * @param transactionId the latest transaction that was applied
 * @param committedAtMicros its commit time
 * @param lsn its LSN; with NEW, that of its last change
 * @param applied number of its changes that have been applied
 * @param seen number of its changes that have come since it last began; -1 if another transaction
 *     has come since
 * @param newestMicros the latest commit time of all that were applied
 * @param publication how it was published; null if an older version did not store it
 */
public record AppliedMark(
    long transactionId,
    long committedAtMicros,
    long lsn,
    long applied,
    long seen,
    long newestMicros,
    @Nullable Publication publication) {
  static final int PARAMETERS = 9;

  static final String COLUMNS =
      "tx_id, tx_at, tx_lsn::text as tx_lsn, tx_applied, tx_seen, tx_newest_at,"
          + " tx_last_lsn::text as tx_last_lsn, tx_first, tx_sent_at";

  /** The part of an UPDATE that clears it, because the rows are not those to which it applies. */
  static final String NONE =
      ", tx_id = null, tx_at = null, tx_lsn = null, tx_applied = null, tx_seen = null, tx_newest_at = null, tx_last_lsn = null, tx_first = null, tx_sent_at = null";

  static String assignments(int parameter) {
    return ", tx_id = $%d, tx_at = $%d, tx_lsn = $%d::pg_lsn, tx_applied = $%d, tx_seen = $%d, tx_newest_at = $%d, tx_last_lsn = $%d::pg_lsn, tx_first = $%d, tx_sent_at = $%d"
        .formatted(IntStream.range(parameter, parameter + PARAMETERS).boxed().toArray());
  }

  /** The mark after a transaction's first change. */
  static AppliedMark first(Change change, long newestMicros) {
    return new AppliedMark(
        change.transactionId(),
        change.committedAtMicros(),
        change.lsn(),
        1,
        1,
        newestMicros,
        Publication.of(change));
  }

  /** Returns true for a change of that transaction. */
  boolean isOf(Change change) {
    return change.transactionId() == transactionId
        && change.committedAtMicros() == committedAtMicros
        && (change.schema().generation() == Generation.NEW || change.lsn() == lsn);
  }

  /** The same transaction after another change. */
  AppliedMark seen(
      long nextLsn, long nowApplied, long nowSeen, @Nullable Publication nowPublication) {
    return new AppliedMark(
        transactionId,
        committedAtMicros,
        nextLsn,
        nowApplied,
        nowSeen,
        newestMicros,
        nowPublication);
  }

  void bind(Statement statement, int index) {
    statement
        .bind(index, transactionId)
        .bind(index + 1, instant(committedAtMicros))
        .bind(index + 2, Lsn.format(lsn))
        .bind(index + 3, applied)
        .bind(index + 4, seen)
        .bind(index + 5, instant(newestMicros));
    Publication known = publication;
    Binding.text(statement, index + 6, known == null ? null : Lsn.format(known.lastLsn()));
    Binding.number(statement, index + 7, known == null ? null : known.first());
    Binding.time(statement, index + 8, known == null ? null : instant(known.sentAtMicros()));
  }

  /** Null if nothing is known. */
  static @Nullable AppliedMark of(Readable row) {
    Long id = row.get("tx_id", Long.class);
    if (id == null) {
      return null;
    }
    return new AppliedMark(
        id,
        micros(row, "tx_at"),
        Lsn.parse(Objects.requireNonNull(row.get("tx_lsn", String.class))),
        Objects.requireNonNull(row.get("tx_applied", Long.class)),
        Objects.requireNonNull(row.get("tx_seen", Long.class)),
        micros(row, "tx_newest_at"),
        publication(row));
  }

  private static @Nullable Publication publication(Readable row) {
    Long first = row.get("tx_first", Long.class);
    return first == null
        ? null
        : new Publication(
            Lsn.parse(Objects.requireNonNull(row.get("tx_last_lsn", String.class))),
            first,
            micros(row, "tx_sent_at"));
  }

  private static long micros(Readable row, String column) {
    return ChronoUnit.MICROS.between(
        Instant.EPOCH, Objects.requireNonNull(row.get(column, Instant.class)));
  }

  /** A time of these as text. */
  static String text(long micros) {
    return instant(micros).toString();
  }

  private static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }
}
