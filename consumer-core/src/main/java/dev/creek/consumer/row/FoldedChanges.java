package dev.creek.consumer.row;

import org.jspecify.annotations.Nullable;

/**
 * What a batch amounts to: first truncate (if so), then delete, then move, then update, then
 * insert. No key is left by more than one of them. Rows are in the order of their last change.
 *
 * @param ordered whether only the changes one by one tell that, in their order; then the rest is
 *     empty
 * @param truncate whether the table is emptied first
 * @param deletes key columns of rows to delete, which must be there
 * @param vacated key columns that no row may have in the end, and none should have had: the batch
 *     inserted and deleted it, or moved it on. One is there only where changes are applied again
 * @param moves rows that get another key: its columns as they were, then all columns
 * @param updates all columns of rows that must be there, under their key
 * @param inserts all columns of rows that the batch inserted before it did anything else to them:
 *     none should be there yet, unless changes are applied again
 * @param copied the inserts for COPY, where that was asked for and there is nothing else to do;
 *     then they are empty. Else null
 */
public record FoldedChanges(
    boolean ordered,
    boolean truncate,
    RowColumns deletes,
    RowColumns vacated,
    RowColumns moves,
    RowColumns updates,
    RowColumns inserts,
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
          null);

  /** Whether all rows that are written are new. */
  public boolean fresh() {
    return !ordered && updates.rows() + moves.rows() == 0;
  }

  /** Whether there is nothing to do, or nothing but a TRUNCATE. */
  public boolean isEmpty() {
    return !ordered
        && copied == null
        && deletes.rows() + vacated.rows() + moves.rows() + updates.rows() + inserts.rows() == 0;
  }
}
