package dev.creek.consumer.source;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Changes that were read, with the marks between them.
 *
 * @param changes the changes alone
 * @param all changes and marks
 */
record Elements<T>(List<Change<T>> changes, List<Element<T>> all) {

  /** Collects elements. Not thread-safe. */
  static final class Collector<T> {
    private final List<Change<T>> changes;

    /** Null as long as there is no mark. */
    private @Nullable List<Element<T>> all;

    Collector(int size) {
      changes = new ArrayList<>(size);
    }

    Collector<T> add(Change<T> change) {
      changes.add(change);
      List<Element<T>> marked = all;
      if (marked != null) {
        marked.add(change);
      }
      return this;
    }

    Collector<T> add(Mark<T> mark) {
      List<Element<T>> marked = all;
      if (marked == null) {
        marked = new ArrayList<>(changes);
        all = marked;
      }
      marked.add(mark);
      return this;
    }

    Elements<T> done() {
      List<Element<T>> marked = all;
      return new Elements<>(
          Collections.unmodifiableList(changes),
          Collections.unmodifiableList(marked == null ? changes : marked));
    }
  }
}
