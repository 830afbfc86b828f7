package dev.creek.consumer.row;

import dev.creek.consumer.wire.Change;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The changes of the rows that a folded batch updates. No row of the batch changes its key, so all
 * changes of a row have the same.
 */
public final class UpdatedRows {
  /** By change: its row's key. */
  private final int[] key;

  /** By row, in the order of {@link FoldedChanges#updates()}: its key. */
  private final int[] rows;

  /** Both with keys numbered from 0 on; no other code may change the arrays afterwards. */
  UpdatedRows(int[] key, int[] rows) {
    this.key = key;
    this.rows = rows;
  }

  /**
   * What is left of a batch when rows of it have been updated, in the same order.
   *
   * @param changes the batch
   * @param left numbers, from 0 on, of the updated rows that are to be written nevertheless
   */
  public List<Change> without(List<Change> changes, BitSet left) {
    var done = new BitSet();
    for (int row = left.nextClearBit(0); row < rows.length; row = left.nextClearBit(row + 1)) {
      done.set(rows[row]);
    }
    List<Change> rest = new ArrayList<>();
    for (int i = 0; i < key.length; i++) {
      if (!done.get(key[i])) {
        rest.add(changes.get(i));
      }
    }
    return rest;
  }
}
