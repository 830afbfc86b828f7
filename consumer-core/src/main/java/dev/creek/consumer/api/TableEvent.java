package dev.creek.consumer.api;

/** Something that happened to a table's line. */
public sealed interface TableEvent {
  /** Whose line. */
  Mapping mapping();

  /** It entered a state. */
  record StateChanged(Mapping mapping, TableState state) implements TableEvent {}

  /** A target transaction was committed. */
  record Committed(Mapping mapping, Applied applied) implements TableEvent {}

  /**
   * What a committed target transaction did.
   *
   * @param position the position stored with it
   * @param inserts changes by operation, as the wire told them (not as folded)
   * @param updates updates, key changes included
   * @param deletes deletes
   * @param truncates truncates
   * @param missed rows that were to be updated or deleted, and were not there
   */
  public record Applied(
      Position position, long inserts, long updates, long deletes, long truncates, long missed) {

    /** One that found all rows. */
    public Applied(Position position, long inserts, long updates, long deletes, long truncates) {
      this(position, inserts, updates, deletes, truncates, 0);
    }
  }
}
