package dev.creek.consumer.row;

import java.util.List;

/**
 * A unique index that ON CONFLICT can infer: valid, immediate, neither partial nor on expressions.
 *
 * @param name index name
 * @param primary whether it is the primary key
 * @param columns its key columns in order
 */
public record UniqueKey(String name, boolean primary, List<String> columns) {
  public UniqueKey {
    columns = List.copyOf(columns);
  }
}
