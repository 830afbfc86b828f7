package dev.creek.consumer.source;

import java.time.Instant;
import java.util.List;

/**
 * A source transaction: its changes of all tables that were asked for, in the order in which they
 * were made. One that is larger than {@link SourceOptions.Builder#transactions} comes in parts, one
 * after the other.
 *
 * <p>The rows of a snapshot come as some transactions as well, one after the other, with the id and
 * the time of the snapshot: {@link #snapshot}.
 *
 * @param <T> the type of full rows
 */
public final class Transaction<T> extends Chunk<T> {
  private final long id;
  private final Instant committedAt;
  private final int part;
  private final boolean last;

  Transaction(Elements<T> elements, int part, boolean last, Place place) {
    super(elements, null, place);
    Origin first = elements.changes().get(0).origin();
    this.id = first.transactionId();
    this.committedAt = first.committedAt();
    this.part = part;
    this.last = last;
  }

  /** Rows of a snapshot. */
  Transaction(TableSnapshot.Chunk rows, Elements<T> elements, Place place) {
    super(elements, rows.part(), place);
    this.id = rows.transactionId();
    this.committedAt = rows.at();
    this.part = 0;
    this.last = true;
  }

  /**
   * {@inheritDoc}
   *
   * @return those of this part; empty only for the end of a snapshot whose rows have come before,
   *     or that has none
   */
  @Override
  public List<Change<T>> changes() {
    return super.changes();
  }

  /** The 32-bit id of the source transaction, as {@link Origin#transactionId}. */
  public long id() {
    return id;
  }

  /** Commit time, by the source's clock. */
  public Instant committedAt() {
    return committedAt;
  }

  /** Number of this part, from 0. */
  public int part() {
    return part;
  }

  /** Tells whether it ends here; false if further parts may follow. */
  public boolean isLastPart() {
    return last;
  }

  @Override
  public String toString() {
    return "Transaction[%d, %d changes%s]"
        .formatted(id, changes().size(), part == 0 && last ? "" : ", part " + part);
  }
}
