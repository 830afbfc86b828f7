package dev.creek.consumer.row;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a batch must know of its target table.
 *
 * @param namespace its schema
 * @param table its name
 * @param columns its live columns in order
 * @param uniqueKeys usable unique indexes, the primary key first
 * @param deferrableKeys keys that hold at the end of a transaction only: nothing is upserted by
 *     them
 * @param truncatable whether TRUNCATE works (no foreign key refers to it, the privilege is there);
 *     else all rows are deleted
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

  /** Without deferrable keys. */
  public TargetShape(
      String namespace,
      String table,
      List<TargetColumn> columns,
      List<UniqueKey> uniqueKeys,
      boolean truncatable) {
    this(namespace, table, columns, uniqueKeys, List.of(), truncatable);
  }

  /** Usable or not. */
  Optional<UniqueKey> primaryKey() {
    return Stream.concat(uniqueKeys.stream(), deferrableKeys.stream())
        .filter(UniqueKey::primary)
        .findFirst();
  }
}
