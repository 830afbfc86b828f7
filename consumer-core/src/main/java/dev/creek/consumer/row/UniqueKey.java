package dev.creek.consumer.row;

import java.util.List;

/**
 * A unique index that rows can be found by: valid, immediate, neither partial nor on expressions.
 *
 * @param name index name
 * @param primary whether it is the primary key
 * @param temporal whether its last column is WITHOUT OVERLAPS (PostgreSQL 18): ON CONFLICT cannot
 *     infer it
 * @param columns its key columns in order
 */
public record UniqueKey(String name, boolean primary, boolean temporal, List<String> columns) {
  public UniqueKey {
    columns = List.copyOf(columns);
  }
}
