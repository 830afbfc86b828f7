package dev.creek.consumer.postgres;

import dev.creek.consumer.wire.Lsn;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Repetitions} knows, as stored in {@code subscriptions}.
 *
 * @param transactionId the latest transaction that was applied
 * @param committedAtMicros its commit time
 * @param lsn its LSN
 * @param applied how many of its changes have been applied
 * @param seen how many of its changes have come since it last began; -1 where another transaction
 *     has come since
 * @param newestMicros the latest commit time of all that were applied
 */
record Evidence(
    long transactionId,
    long committedAtMicros,
    long lsn,
    long applied,
    long seen,
    long newestMicros) {
  static final int PARAMETERS = 6;

  static final String COLUMNS =
      "tx_id, tx_at, tx_lsn::text as tx_lsn, tx_applied, tx_seen, tx_newest_at";

  /** What of an UPDATE forgets it: other rows are there than those that it is about. */
  static final String NONE =
      ", tx_id = null, tx_at = null, tx_lsn = null, tx_applied = null, tx_seen = null, tx_newest_at = null";

  static String assignments(int parameter) {
    return ", tx_id = $%d, tx_at = $%d, tx_lsn = $%d::pg_lsn, tx_applied = $%d, tx_seen = $%d, tx_newest_at = $%d"
        .formatted(
            parameter, parameter + 1, parameter + 2, parameter + 3, parameter + 4, parameter + 5);
  }

  void bind(Statement statement, int index) {
    statement
        .bind(index, transactionId)
        .bind(index + 1, instant(committedAtMicros))
        .bind(index + 2, Lsn.format(lsn))
        .bind(index + 3, applied)
        .bind(index + 4, seen)
        .bind(index + 5, instant(newestMicros));
  }

  /** Null where nothing is known. */
  static @Nullable Evidence of(Readable row) {
    Long id = row.get("tx_id", Long.class);
    if (id == null) {
      return null;
    }
    return new Evidence(
        id,
        micros(row, "tx_at"),
        Lsn.parse(Objects.requireNonNull(row.get("tx_lsn", String.class))),
        Objects.requireNonNull(row.get("tx_applied", Long.class)),
        Objects.requireNonNull(row.get("tx_seen", Long.class)),
        micros(row, "tx_newest_at"));
  }

  private static long micros(Readable row, String column) {
    return ChronoUnit.MICROS.between(
        Instant.EPOCH, Objects.requireNonNull(row.get(column, Instant.class)));
  }

  private static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }
}
