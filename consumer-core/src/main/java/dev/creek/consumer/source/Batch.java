package dev.creek.consumer.source;

import dev.creek.consumer.api.Position;
import io.r2dbc.spi.Connection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Changes that follow one another: whole source transactions, or a part of a large one. The more
 * the stream holds, the larger it is, up to {@link SourceOptions.Builder#batches}. Immutable; its
 * commits are thread-safe.
 *
 * @param <T> the type of full rows
 */
public final class Batch<T> {
  private final List<Change<T>> changes;
  private final boolean endsTransaction;
  private final @Nullable SnapshotPart snapshot;
  private final Place place;

  Batch(
      List<Change<T>> changes,
      boolean endsTransaction,
      @Nullable SnapshotPart snapshot,
      Place place) {
    this.changes = changes;
    this.endsTransaction = endsTransaction;
    this.snapshot = snapshot;
    this.place = place;
  }

  /**
   * The changes. Empty if it only tells that the transaction, or the snapshot, of the batch before
   * has ended there, or that a snapshot has no rows.
   */
  public List<Change<T>> changes() {
    return changes;
  }

  /** Tells whether everything up to here is a whole number of source transactions. */
  public boolean endsTransaction() {
    return endsTransaction;
  }

  /** The snapshot of which these are rows; null for changes. */
  public @Nullable SnapshotPart snapshot() {
    return snapshot;
  }

  /** The position behind it; {@link Position#NONE} before the last rows of snapshots. */
  public Position position() {
    return place.position();
  }

  /** Stores the position, as {@link Transaction#commit()}. */
  public Mono<Void> commit() {
    return place.commit();
  }

  /** The same in the program's own transaction, as {@link Transaction#commit(Connection)}. */
  public Mono<Void> commit(Connection connection) {
    return place.commit(connection);
  }

  @Override
  public String toString() {
    return "Batch[%d changes, to %d]".formatted(changes.size(), position().sequence());
  }
}
