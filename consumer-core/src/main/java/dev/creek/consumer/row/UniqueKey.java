package dev.creek.consumer.row;

import java.util.List;

/**
 * A unique index that can find rows: valid, immediate, neither partial nor on expressions.
 *
 * @param name index name, which is the constraint's if there is one
 * @param primary whether it is the primary key
 * @param temporal whether its last column is WITHOUT OVERLAPS (PostgreSQL 18): ON CONFLICT cannot
 *     infer it
 * @param coarse whether it treats more values as equal than its columns do, by a collation or an
 *     operator class of its own
 * @param columns its key columns in order
 */
public record UniqueKey(
    String name, boolean primary, boolean temporal, boolean coarse, List<String> columns) {
  public UniqueKey {
    columns = List.copyOf(columns);
  }

  /** A key that compares like its columns. */
  public UniqueKey(String name, boolean primary, boolean temporal, List<String> columns) {
    this(name, primary, temporal, false, columns);
  }
}
