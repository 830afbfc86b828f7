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
    UniqueKey same = ofSame(before, after);
    return same != null ? same : ofRows(before);
  }

  /**
   * A snapshot flags the source's primary key, whatever its replica identity, and with FULL all
   * columns.
   *
   * @param flagged written columns that the source marks as key
   * @param written columns that are written
   */
  @Nullable UniqueKey ofSnapshot(List<String> flagged, List<String> written) {
    UniqueKey same = ofSame(flagged, written);
    return same != null ? same : ofRows(written);
  }

  /** The key with exactly these columns. */
  private @Nullable UniqueKey ofSame(List<String> identity, List<String> written) {
    // A source's replica identity is never NULL, unless it is FULL: then it has all columns.
    boolean full = new HashSet<>(identity).containsAll(written);
    return target.uniqueKeys().stream()
        .filter(key -> Set.copyOf(key.columns()).equals(Set.copyOf(identity)))
        .filter(key -> !full || notNull.containsAll(key.columns()))
        .findFirst()
        .orElse(null);
  }

  /** The primary key, where rows carry its columns. */
  private @Nullable UniqueKey ofRows(List<String> columns) {
    return target.uniqueKeys().stream()
        .filter(key -> key.primary() && Set.copyOf(columns).containsAll(key.columns()))
        .findFirst()
        .orElse(null);
  }
}
