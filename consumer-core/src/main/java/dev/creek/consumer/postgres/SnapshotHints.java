package dev.creek.consumer.postgres;

import dev.creek.consumer.control.TargetTable;
import dev.creek.consumer.stream.ApplyException;
import org.jspecify.annotations.Nullable;

/** What to do when a snapshot cannot be written. */
record SnapshotHints(TableHints table) implements SqlHints {

  /** The error of a snapshot whose rows the table does not take all, or does not let go. */
  static ApplyException keptOut(TargetTable target) {
    return new ApplyException(
        "snapshot of " + target + ": a trigger or a rule of the table keeps rows out, or in",
        "P0002",
        null,
        "ALTER TABLE "
            + SqlNames.quoted(target.namespace(), target.table())
            + " DISABLE TRIGGER ...; for as long as the snapshot takes, or drop the trigger",
        null);
  }

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
