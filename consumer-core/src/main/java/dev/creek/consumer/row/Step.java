package dev.creek.consumer.row;

/** One step of an unfolded batch, in source order. */
public sealed interface Step {
  /** Empty the table. */
  record Truncate() implements Step {}

  /**
   * Delete one row by its key columns: with a key the row that has it, without one exactly one of
   * the equal rows.
   */
  record Delete(RowColumns key) implements Step {}

  /** Insert rows: with a key one row per step, without one a run of them. */
  record Insert(RowColumns rows) implements Step {}

  /** Give one row its new values. Its key, which it must have, is among them and stays. */
  record Update(RowColumns row) implements Step {}

  /**
   * Give one row its new values, its key among them; found as {@link Delete} finds it.
   *
   * @param key the key columns as they were
   * @param row all columns as they are now
   */
  record Replace(RowColumns key, RowColumns row) implements Step {}
}
