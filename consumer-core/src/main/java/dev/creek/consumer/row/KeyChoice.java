package dev.creek.consumer.row;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which of the target's unique keys tells its rows apart as the source does. Null: rows are matched
 * by the values of their before image.
 */
final class KeyChoice {
  private final TargetShape target;
  private final Set<String> notNull;

  KeyChoice(TargetShape target) {
    this.target = target;
    this.notNull =
        target.columns().stream()
            .filter(TargetColumn::notNull)
            .map(TargetColumn::name)
            .collect(Collectors.toSet());
  }

  /**
   * @param before columns of the before image that are written
   * @param after columns of the after image that are written
   */
  @Nullable UniqueKey ofChanges(List<String> before, List<String> after) {
    if (before.isEmpty()) {
      return ofRows(after);
    }
    // A source's replica identity is never NULL, unless it is FULL: then before has all columns.
    boolean full = new HashSet<>(before).containsAll(after);
    for (UniqueKey key : target.uniqueKeys()) {
      boolean same = Set.copyOf(key.columns()).equals(Set.copyOf(before));
      if (same && (!full || notNull.containsAll(key.columns()))) {
        return key;
      }
    }
    return ofRows(before);
  }

  /** The primary key, where rows carry its columns. */
  @Nullable UniqueKey ofRows(List<String> columns) {
    return target.uniqueKeys().stream()
        .filter(key -> key.primary() && Set.copyOf(columns).containsAll(key.columns()))
        .findFirst()
        .orElse(null);
  }
}
