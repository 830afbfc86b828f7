package dev.creek.consumer.stream;

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
