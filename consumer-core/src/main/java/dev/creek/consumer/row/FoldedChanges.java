package dev.creek.consumer.row;

import org.jspecify.annotations.Nullable;

/**
 * The result of a batch: first truncate (if set), then delete, then move, then update, then insert.
 * At most one of them leaves a key. Rows are in the order of their last change.
 *
 * @param ordered whether the changes must be applied one by one, in their order; then the rest is
 *     empty
 * @param truncate whether the table is emptied first
 * @param deletes key columns of rows to delete, which must exist
 * @param vacated key columns that no row may have in the end, and none should have had: the batch
 *     inserted the row and deleted it, or moved it on. One exists only if changes are applied again
 * @param moves rows that get another key: its columns as they were, then all columns
 * @param updates all columns of rows that must exist, under their key
 * @param inserts all columns of rows that the batch inserted before it did anything else to them:
 *     none should exist yet, unless changes are applied again
 * @param updated the changes of the rows in {@code updates}; null if there are none, or if they
 *     cannot be told by key: a change of key or a TRUNCATE is among the changes
 * @param copied the inserts for COPY, if that was requested and there is nothing else to do; then
 *     {@code inserts} is empty. Otherwise null
 */
public record FoldedChanges(
    boolean ordered,
    boolean truncate,
    RowColumns deletes,
    RowColumns vacated,
    RowColumns moves,
    RowColumns updates,
    RowColumns inserts,
    @Nullable UpdatedRows updated,
    @Nullable CopyRows copied) {
  static final FoldedChanges ORDERED =
      new FoldedChanges(
          true,
          false,
          RowColumns.EMPTY,
          RowColumns.EMPTY,
          RowColumns.EMPTY,
          RowColumns.EMPTY,
          RowColumns.EMPTY,
          null,
          null);

  /** Tells whether all written rows are new. */
  public boolean fresh() {
    return !ordered && updates.rows() + moves.rows() == 0;
  }

  /** Tells whether there is nothing to do, or only a TRUNCATE. */
  public boolean isEmpty() {
    return !ordered
        && copied == null
        && deletes.rows() + vacated.rows() + moves.rows() + updates.rows() + inserts.rows() == 0;
  }
}
