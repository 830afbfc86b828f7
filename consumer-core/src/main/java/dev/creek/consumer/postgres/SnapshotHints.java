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
          "a clean snapshot needs CREATE on schema %s or TEMPORARY on the database, and SELECT, INSERT, UPDATE and DELETE on %s, past row level security (ALTER ROLE ... BYPASSRLS;)"
              .formatted(SqlNames.quoted(target.namespace()), name);
      case "21000" ->
          "several rows of the source are one to the target's key: give " + name + " the source's";
      case "23505" ->
          "a unique value is another row's in the snapshot, and rows of "
              + name
              + " cannot make room for it: while foreign keys act on their deletion, or (mode upsert)"
              + " where the index has expressions or a condition. Drop one of the two while the"
              + " snapshot is applied, or take a clean one";
      default -> table.forState(sqlState);
    };
  }
}
