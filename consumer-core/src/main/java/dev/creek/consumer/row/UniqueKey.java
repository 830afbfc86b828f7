package dev.creek.consumer.row;

import java.util.List;

/**
 * A unique index that rows can be found by: valid, immediate, neither partial nor on expressions.
 *
 * @param name index name, which is the constraint's where there is one
 * @param primary whether it is the primary key
 * @param temporal whether its last column is WITHOUT OVERLAPS (PostgreSQL 18): ON CONFLICT cannot
 *     infer it
 * @param coarse whether it takes more values for equal than its columns do, by a collation or an
 *     operator class of its own
 * @param columns its key columns in order
 */
public record UniqueKey(
    String name, boolean primary, boolean temporal, boolean coarse, List<String> columns) {
  public UniqueKey {
    columns = List.copyOf(columns);
  }

  /** One that compares as its columns do. */
  public UniqueKey(String name, boolean primary, boolean temporal, List<String> columns) {
    this(name, primary, temporal, false, columns);
  }
}
