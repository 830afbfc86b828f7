package dev.creek.consumer.source;

import dev.creek.consumer.api.Position;
import io.r2dbc.spi.Connection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Changes that come together, with the position behind them. Immutable; its commits are
 * thread-safe.
 *
 * @param <T> the type of full rows
 */
public abstract sealed class Chunk<T> permits Transaction, Batch {
  private final Elements<T> elements;
  private final @Nullable SnapshotPart snapshot;
  private final Place place;

  Chunk(Elements<T> elements, @Nullable SnapshotPart snapshot, Place place) {
    this.elements = elements;
    this.snapshot = snapshot;
    this.place = place;
  }

  /** The changes, in order. */
  public List<Change<T>> changes() {
    return elements.changes();
  }

  /**
   * The same with the marks between them: where a table's columns change, and where a snapshot
   * begins and ends.
   */
  public List<Element<T>> elements() {
    return elements.all();
  }

  /** The snapshot of which these are rows; null for changes. */
  public @Nullable SnapshotPart snapshot() {
    return snapshot;
  }

  /** The position behind it; {@link Position#NONE} before the last rows of snapshots. */
  public Position position() {
    return place.position();
  }

  /**
   * Stores the position: this, and all before it, are handled. Does nothing before the last rows of
   * the last snapshot: whoever stops there begins with new snapshots.
   *
   * @return errors with {@link dev.creek.consumer.api.SourceException.Conflict} if another reader
   *     has moved the position, or with the errors of {@link Positions}
   */
  public Mono<Void> commit() {
    return place.commit();
  }

  /**
   * The same in the transaction that is open on a connection of the program. If that commits, this
   * is handled exactly once; if not, it comes again.
   *
   * @param connection to the database of {@link Positions#postgres}
   * @return errors as {@link #commit()} does, and with {@link UnsupportedOperationException} if
   *     positions are not stored in a database
   */
  public Mono<Void> commit(Connection connection) {
    return place.commit(connection);
  }
}
