package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.row.RowImage;
import dev.creek.consumer.row.RowImages;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.Operation;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The rows that were written, or removed, since reading began behind a {@link
 * dev.creek.consumer.stream.Horizon}: the present number of such a row does not show what the
 * target held before. Not thread-safe.
 */
final class WrittenRows {
  /** Beyond this number no row is used. */
  private static final int MAX_WRITTEN = 100_000;

  private final Set<RowImage> written = new HashSet<>();
  private boolean tell;

  /**
   * No row yet.
   *
   * @param tell whether rows of the target show what it held
   */
  WrittenRows(boolean tell) {
    this.tell = tell;
  }

  /** Tells whether rows of the target still show what it held. */
  boolean othersTell() {
    return tell;
  }

  /** No row is asked about any more. */
  void forget() {
    tell = false;
    written.clear();
  }

  /** These changes are written. */
  void add(List<Change> changes, RowImages images) {
    for (int i = 0; tell && i < changes.size(); i++) {
      RowImage before = images.before(changes.get(i));
      RowImage after = images.after(changes.get(i));
      if (before != null) {
        written.add(before);
      }
      if (after != null) {
        written.add(after);
      }
      tell = written.size() < MAX_WRITTEN && changes.get(i).operation() != Operation.TRUNCATE;
    }
    if (!tell) {
      written.clear();
    }
  }

  /**
   * The difference that changes make to the number of each row, without the rows that were written.
   */
  Map<RowImage, Integer> effects(List<Change> changes, RowImages images) {
    Map<RowImage, Integer> effects = new HashMap<>();
    for (Change change : changes) {
      RowImage before = images.before(change);
      RowImage after = images.after(change);
      if (before != null) {
        effects.merge(before, -1, Integer::sum);
      }
      if (after != null) {
        effects.merge(after, 1, Integer::sum);
      }
    }
    effects.values().removeIf(by -> by == 0);
    effects.keySet().removeAll(written);
    return effects;
  }
}
