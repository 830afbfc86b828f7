package dev.creek.consumer.row;

import org.jspecify.annotations.Nullable;

/**
 * A column as a plan sends it.
 *
 * @param name target column, unquoted
 * @param sentAs type of the elements on the connection; array columns go as TEXT holding array
 *     literals, because {@code unnest} flattens nested arrays
 * @param cast SQL type to cast to in the SELECT, or null where {@code sentAs} is the column's own
 *     type
 */
public record PlanColumn(String name, PgType sentAs, @Nullable String cast) {}
