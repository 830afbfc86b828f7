package dev.creek.consumer.row;

import java.util.List;

/**
 * What a batch must know of its target table.
 *
 * @param namespace its schema
 * @param table its name
 * @param columns its live columns in order
 * @param uniqueKeys usable unique indexes, the primary key first
 * @param truncatable whether TRUNCATE works (no foreign key refers to it, the privilege is there);
 *     else all rows are deleted
 */
public record TargetShape(
    String namespace,
    String table,
    List<TargetColumn> columns,
    List<UniqueKey> uniqueKeys,
    boolean truncatable) {
  public TargetShape {
    columns = List.copyOf(columns);
    uniqueKeys = List.copyOf(uniqueKeys);
  }
}
