package dev.creek.consumer.postgres;

import dev.creek.consumer.stream.Applied;
import dev.creek.consumer.stream.Position;
import dev.creek.consumer.wire.Change;
import java.util.List;

/** Changes by operation, as the wire told them. */
record Counts(long inserts, long updates, long deletes, long truncates) {
  static final Counts NONE = new Counts(0, 0, 0, 0);

  Counts plus(List<Change> changes) {
    long inserted = inserts;
    long updated = updates;
    long deleted = deletes;
    long truncated = truncates;
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

  long total() {
    return inserts + updates + deletes + truncates;
  }

  Applied at(Position position) {
    return new Applied(position, inserts, updates, deletes, truncates);
  }
}
