package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.wire.Change;
import java.util.List;

/** Changes by operation, as the wire told them. */
record Counts(long inserts, long updates, long deletes, long truncates) {
  static final Counts NONE = new Counts(0, 0, 0, 0);

  static Counts of(List<Change> changes) {
    long inserted = 0;
    long updated = 0;
    long deleted = 0;
    long truncated = 0;
    for (Change change : changes) {
      switch (change.operation()) {
        case INSERT, READ -> inserted++;
        case UPDATE, UPDATE_KEY -> updated++;
        case DELETE -> deleted++;
        case TRUNCATE -> truncated++;
      }
    }
    return new Counts(inserted, updated, deleted, truncated);
  }

  Counts plus(Counts more) {
    return new Counts(
        inserts + more.inserts,
        updates + more.updates,
        deletes + more.deletes,
        truncates + more.truncates);
  }

  long total() {
    return inserts + updates + deletes + truncates;
  }

  /**
   * @param missed how many rows were not there
   */
  Applied at(Position position, long missed) {
    return new Applied(position, inserts, updates, deletes, truncates, missed);
  }
}
