package dev.creek.consumer.row;

import org.jspecify.annotations.Nullable;

/**
 * A column in the form in which a plan sends it.
 *
 * @param name target column, unquoted
 * @param sentAs type of the elements on the connection; array columns are sent as TEXT containing
 *     array literals, because {@code unnest} flattens nested arrays
 * @param cast SQL type to cast to in the SELECT, or null if {@code sentAs} is the column's own type
 */
public record PlanColumn(String name, PgType sentAs, @Nullable String cast) {}
