package dev.creek.consumer.api;

/**
 * Which source table goes into which target table: {@code
 * db.namespace.table:target_namespace.target_table}.
 */
public record Mapping(SourceTable source, TargetTable target) {

  @Override
  public String toString() {
    return source + ":" + target;
  }

  /**
   * Reads {@code db.namespace.table:target_namespace.target_table}; parts may be double-quoted.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  public static Mapping parse(String text) {
    var sides = QualifiedName.split(text, ':');
    if (sides.size() != 2) {
      throw new IllegalArgumentException(
          "mapping '"
              + text
              + "' must have the form db.namespace.table:target_namespace.target_table");
    }
    return new Mapping(SourceTable.parse(sides.get(0)), TargetTable.parse(sides.get(1)));
  }
}
