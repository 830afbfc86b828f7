package dev.creek.consumer.source;

import dev.creek.consumer.api.Position;
import io.r2dbc.spi.Connection;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A source transaction: its changes of all tables that were asked for, in the order in which they
 * were made. One that is larger than {@link SourceOptions.Builder#transactions} comes in parts, one
 * after the other. Immutable; its commits are thread-safe.
 *
 * @param <T> the type of full rows
 */
public final class Transaction<T> {
  private final long id;
  private final Instant committedAt;
  private final List<Change<T>> changes;
  private final int part;
  private final boolean last;
  private final @Nullable SnapshotPart snapshot;
  private final Place place;

  Transaction(List<Change<T>> changes, int part, boolean last, Place place) {
    Origin first = changes.get(0).origin();
    this.id = first.transactionId();
    this.committedAt = first.committedAt();
    this.changes = changes;
    this.part = part;
    this.last = last;
    this.snapshot = null;
    this.place = place;
  }

  /** Rows of a snapshot. */
  Transaction(TableSnapshot.Chunk rows, List<Change<T>> changes, Place place) {
    this.id = rows.transactionId();
    this.committedAt = rows.at();
    this.changes = changes;
    this.part = 0;
    this.last = true;
    this.snapshot = rows.part();
    this.place = place;
  }

  /**
   * Its changes, or those of this part; empty only for the end of a snapshot whose rows have come
   * before, or that has none.
   */
  public List<Change<T>> changes() {
    return changes;
  }

  /** The 32-bit id of the source transaction, as {@link Origin#transactionId}. */
  public long id() {
    return id;
  }

  /** Commit time, by the source's clock. */
  public Instant committedAt() {
    return committedAt;
  }

  /**
   * The snapshot of which these are rows; null for changes. Its rows come as some transactions, one
   * after the other, with the id and the time of the snapshot.
   */
  public @Nullable SnapshotPart snapshot() {
    return snapshot;
  }

  /** Number of this part, from 0. */
  public int part() {
    return part;
  }

  /** Tells whether it ends here; false if further parts may follow. */
  public boolean isLastPart() {
    return last;
  }

  /** The position behind it; {@link Position#NONE} before the last rows of snapshots. */
  public Position position() {
    return place.position();
  }

  /**
   * Stores the position: this transaction, and all before it, are handled. Does nothing before the
   * last rows of the last snapshot: whoever stops there begins with new snapshots.
   *
   * @return errors with {@link dev.creek.consumer.api.SourceException.Conflict} if another reader
   *     has moved the position, or with the errors of {@link Positions}
   */
  public Mono<Void> commit() {
    return place.commit();
  }

  /**
   * The same in the transaction that is open on a connection of the program. If that commits, this
   * transaction is handled exactly once; if not, it comes again.
   *
   * @param connection to the database of {@link Positions#postgres}
   */
  public Mono<Void> commit(Connection connection) {
    return place.commit(connection);
  }

  @Override
  public String toString() {
    return "Transaction[%d, %d changes%s]"
        .formatted(id, changes.size(), part == 0 && last ? "" : ", part " + part);
  }
}
