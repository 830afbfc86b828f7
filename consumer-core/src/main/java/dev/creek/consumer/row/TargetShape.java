package dev.creek.consumer.row;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The properties of a target table that a batch needs.
 *
 * @param namespace its schema
 * @param table its name
 * @param columns its live columns in order
 * @param uniqueKeys usable unique indexes, the primary key first
 * @param deferrableKeys keys that hold only at the end of a transaction: upserts cannot use them
 * @param truncatable whether TRUNCATE works (no foreign key refers to it, the privilege exists); if
 *     not, all rows are deleted
 */
public record TargetShape(
    String namespace,
    String table,
    List<TargetColumn> columns,
    List<UniqueKey> uniqueKeys,
    List<UniqueKey> deferrableKeys,
    boolean truncatable) {
  public TargetShape {
    columns = List.copyOf(columns);
    uniqueKeys = List.copyOf(uniqueKeys);
    deferrableKeys = List.copyOf(deferrableKeys);
  }

  /** A shape without deferrable keys. */
  public TargetShape(
      String namespace,
      String table,
      List<TargetColumn> columns,
      List<UniqueKey> uniqueKeys,
      boolean truncatable) {
    this(namespace, table, columns, uniqueKeys, List.of(), truncatable);
  }

  /** The primary key, usable or not. */
  Optional<UniqueKey> primaryKey() {
    return Stream.concat(uniqueKeys.stream(), deferrableKeys.stream())
        .filter(UniqueKey::primary)
        .findFirst();
  }
}
