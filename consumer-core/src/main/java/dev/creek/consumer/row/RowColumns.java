package dev.creek.consumer.row;

import java.util.List;

/**
 * Rows, column by column, in the order of the plan's columns.
 *
 * @param columns one per plan column, each with {@code rows} values
 * @param rows number of rows
 */
public record RowColumns(List<ValueColumn> columns, int rows) {
  /** No rows. */
  public static final RowColumns EMPTY = new RowColumns(List.of(), 0);
}
