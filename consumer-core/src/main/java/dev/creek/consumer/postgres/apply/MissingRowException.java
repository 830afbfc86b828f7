package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.text.Remedy;
import java.util.List;
import java.util.stream.Collectors;

/** No row of a table without a key looks like the one that a change is about. */
final class MissingRowException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final String NO_DATA_FOUND = "P0002";

  private final String change;
  private final String columns;

  /**
   * @param change what was to be done with the row
   * @param columns that it was looked for by
   */
  MissingRowException(String change, List<PlanColumn> columns) {
    this.change = change;
    this.columns =
        columns.stream()
            .map(column -> SqlNames.quoted(column.name()))
            .collect(Collectors.joining(", "));
  }

  /**
   * The error as our callers know it.
   *
   * @param what table and position
   */
  DatabaseException described(String what, Mapping mapping) {
    String table = SqlNames.quoted(mapping.target().namespace(), mapping.target().table());
    return new DatabaseException(
        what
            + ": the row to "
            + change
            + " is not there. The table has no key, so rows are found by the values of "
            + columns
            + " (SQLSTATE "
            + NO_DATA_FOUND
            + ")",
        NO_DATA_FOUND,
        null,
        ("%s. Or, where a column of these was added after its"
                + " rows, give them what they have in the source, its default for most: UPDATE %s SET"
                + " column = ... WHERE column IS NULL;")
            .formatted(Remedy.resync(mapping), table),
        null);
  }
}
