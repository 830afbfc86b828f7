package dev.creek.consumer.source;

import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.wire.Lsn;
import java.time.Instant;

/**
 * Where a change comes from.
 *
 * @param table its table
 * @param schema the columns of full rows at that place
 * @param sequence sequence of its message in the stream; changes of one stream are in this order
 * @param transactionId the 32-bit id of its source transaction. PostgreSQL uses an id again after
 *     four thousand million others: with {@link #committedAt} it is unique
 * @param committedAtMicros commit time of its source transaction, microseconds since 1970
 * @param logPosition place in the source's log as published, as an unsigned number; neither unique
 *     nor that of the commit
 * @param maybeInSnapshot whether a snapshot that came before may hold the change already: it was
 *     committed within moments of the snapshot, and neither numbers nor, if the table has a key,
 *     rows prove which came first. The same if the producer's generation has changed, for what was
 *     committed within moments of the position. Whoever keeps rows by key need not look at it
 */
public record Origin(
    SourceTable table,
    TableSchema schema,
    long sequence,
    long transactionId,
    long committedAtMicros,
    long logPosition,
    boolean maybeInSnapshot) {

  /** Commit time of its source transaction, by the source's clock. */
  public Instant committedAt() {
    return Instant.ofEpochSecond(
        Math.floorDiv(committedAtMicros, 1_000_000L),
        Math.floorMod(committedAtMicros, 1_000_000L) * 1000);
  }

  /** {@link #logPosition} as PostgreSQL writes it, such as {@code 16/B374D848}. */
  public String lsn() {
    return Lsn.format(logPosition);
  }
}
