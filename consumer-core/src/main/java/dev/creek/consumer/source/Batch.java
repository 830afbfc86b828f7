package dev.creek.consumer.source;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Changes that follow one another: whole source transactions, or a part of a large one. The more
 * the stream holds, the larger it is, up to {@link SourceOptions.Builder#batches}.
 *
 * @param <T> the type of full rows
 */
public final class Batch<T> extends Chunk<T> {
  private final boolean endsTransaction;

  Batch(
      Elements<T> elements, boolean endsTransaction, @Nullable SnapshotPart snapshot, Place place) {
    super(elements, snapshot, place);
    this.endsTransaction = endsTransaction;
  }

  /**
   * {@inheritDoc}
   *
   * @return empty if it only tells that the transaction, or the snapshot, of the batch before has
   *     ended there, or that a snapshot has no rows
   */
  @Override
  public List<Change<T>> changes() {
    return super.changes();
  }

  /** Tells whether everything up to here is a whole number of source transactions. */
  public boolean endsTransaction() {
    return endsTransaction;
  }

  @Override
  public String toString() {
    return "Batch[%d changes, to %d]".formatted(changes().size(), position().sequence());
  }
}
