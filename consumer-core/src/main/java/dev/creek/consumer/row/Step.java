package dev.creek.consumer.row;

/** One step of an unfolded batch, in source order. */
public sealed interface Step {
  /** Empty the table. */
  record Truncate() implements Step {}

  /**
   * Delete one row by its key columns: with a key all that match (one), without one exactly one of
   * the equal rows.
   */
  record Delete(RowColumns key) implements Step {}

  /** Write rows: with a key upserts (one row a step), without one plain inserts (a run of them). */
  record Write(RowColumns rows) implements Step {}
}
