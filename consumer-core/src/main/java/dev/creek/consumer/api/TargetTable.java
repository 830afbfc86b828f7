package dev.creek.consumer.api;

/**
 * A table of the target database, the one connected to.
 *
 * @param namespace PostgreSQL schema
 * @param table name
 */
public record TargetTable(String namespace, String table) {

  /**
   * {@code namespace.table}; a part is double-quoted only if it needs to be: the key of {@code
   * subscriptions}.
   */
  @Override
  public String toString() {
    return QualifiedName.format(namespace, table);
  }

  /**
   * Reads {@code namespace.table}.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  public static TargetTable parse(String text) {
    var sides = QualifiedName.split(text, ':');
    if (sides.size() == 2) {
      throw new IllegalArgumentException(
          "target '" + text + "' must be named without its source: " + sides.get(1));
    }
    var parts = QualifiedName.parse(text, 2, "target", "namespace.table");
    return new TargetTable(parts.get(0), parts.get(1));
  }
}
