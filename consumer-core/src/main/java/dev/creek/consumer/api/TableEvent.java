package dev.creek.consumer.api;

/** An event in a table's pipeline. */
public sealed interface TableEvent {
  /** The table. */
  Mapping mapping();

  /** It entered a state. */
  record StateChanged(Mapping mapping, TableState state) implements TableEvent {}

  /** A target transaction was committed. */
  record Committed(Mapping mapping, Applied applied) implements TableEvent {}

  /**
   * The effect of a committed target transaction.
   *
   * @param position the position stored with it
   * @param inserts changes by operation, as published (not as folded)
   * @param updates updates, key changes included
   * @param deletes deletes
   * @param truncates truncates
   * @param missed rows that were to be updated or deleted, and did not exist
   */
  public record Applied(
      Position position, long inserts, long updates, long deletes, long truncates, long missed) {

    /** A transaction that found all rows. */
    public Applied(Position position, long inserts, long updates, long deletes, long truncates) {
      this(position, inserts, updates, deletes, truncates, 0);
    }
  }
}
