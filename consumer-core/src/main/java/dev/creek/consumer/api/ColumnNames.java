package dev.creek.consumer.api;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;

/** Names of columns, as users give them. */
final class ColumnNames {
  /** PostgreSQL's own limit. */
  private static final int MAX_BYTES = 63;

  private ColumnNames() {}

  /**
   * The names.
   *
   * @throws IllegalArgumentException with a message for the user, if there is none, one is no
   *     column's name, or one is there twice
   */
  static List<String> require(List<String> names) {
    if (names.isEmpty()) {
      throw new IllegalArgumentException("no column is named");
    }
    for (String name : names) {
      if (name.isEmpty() || name.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
        throw new IllegalArgumentException(
            "the name of a column has between 1 and " + MAX_BYTES + " bytes");
      }
    }
    if (new HashSet<>(names).size() < names.size()) {
      throw new IllegalArgumentException("a column is named twice");
    }
    return List.copyOf(names);
  }
}
