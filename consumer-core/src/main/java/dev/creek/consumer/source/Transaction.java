package dev.creek.consumer.source;

import dev.creek.consumer.api.Position;
import io.r2dbc.spi.Connection;
import java.time.Instant;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * A source transaction: its changes of all tables that were asked for, in the order in which they
 * were made. One that is larger than {@link SourceOptions.Builder#transactions} comes in parts, one
 * after the other. Immutable; its commits are thread-safe.
 *
 * @param <T> the type of full rows
 */
public final class Transaction<T> {
  private final List<Change<T>> changes;
  private final int part;
  private final boolean last;
  private final Place place;

  Transaction(List<Change<T>> changes, int part, boolean last, Place place) {
    this.changes = changes;
    this.part = part;
    this.last = last;
    this.place = place;
  }

  /** Its changes, or those of this part; never empty. */
  public List<Change<T>> changes() {
    return changes;
  }

  /** The 32-bit id of the source transaction, as {@link Origin#transactionId}. */
  public long id() {
    return first().transactionId();
  }

  /** Commit time, by the source's clock. */
  public Instant committedAt() {
    return first().committedAt();
  }

  private Origin first() {
    return changes.get(0).origin();
  }

  /** Number of this part, from 0. */
  public int part() {
    return part;
  }

  /** Tells whether it ends here; false if further parts may follow. */
  public boolean isLastPart() {
    return last;
  }

  /** The position behind it. */
  public Position position() {
    return place.position();
  }

  /**
   * Stores the position: this transaction, and all before it, are handled.
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
        .formatted(id(), changes.size(), part == 0 && last ? "" : ", part " + part);
  }
}
