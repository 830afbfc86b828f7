package dev.creek.consumer.postgres;

import dev.creek.consumer.control.TargetTable;
import org.jspecify.annotations.Nullable;

/** What to do when a snapshot cannot be written. */
record SnapshotHints(TableHints table) implements SqlHints {

  @Override
  public @Nullable String forState(String sqlState) {
    TargetTable target = table.mapping().target();
    String name = SqlNames.quoted(target.namespace(), target.table());
    return switch (sqlState) {
      case "42501" ->
          "a clean snapshot needs CREATE on schema %s or TEMPORARY on the database, and SELECT, INSERT, UPDATE and DELETE on %s, past row level security"
              .formatted(SqlNames.quoted(target.namespace()), name);
      case "21000" ->
          "several rows of the source are one to the target's key: give " + name + " the source's";
      default -> table.forState(sqlState);
    };
  }
}
