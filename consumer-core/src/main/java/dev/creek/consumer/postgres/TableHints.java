package dev.creek.consumer.postgres;

import dev.creek.consumer.control.Mapping;
import dev.creek.consumer.control.TargetTable;
import dev.creek.consumer.row.ShapeMismatchException;
import org.jspecify.annotations.Nullable;

/** What to do when a table cannot be written. */
record TableHints(Mapping mapping) implements SqlHints {

  @Override
  public @Nullable String forState(String sqlState) {
    TargetTable target = mapping.target();
    String name = SqlNames.quoted(target.namespace(), target.table());
    String namespace = SqlNames.quoted(target.namespace());
    return switch (sqlState) {
      case "42P01", "3F000" -> create();
      case "42501" ->
          ("GRANT USAGE ON SCHEMA %s TO ...; GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON %s TO"
                  + " ...; (the role that the database URI names, and the owners of triggers need"
                  + " their own). Where row level security would hide rows: ALTER ROLE ... BYPASSRLS;")
              .formatted(namespace, name);
      case "55P03" ->
          "another session has held a lock on " + name + " for longer than lock_timeout";
      case "23503" ->
          "a foreign key of "
              + name
              + " refers to rows that are not (yet) there: tables are applied independently of"
              + " each other, so foreign keys between them must go, or be checked elsewhere";
      case "23502", "23514" ->
          "a constraint of " + name + " refuses what the source has: drop it, or the row";
      case "42703", "42804", "42P10", "42883" ->
          name + " was changed: it is looked at again with the next attempt";
      default -> null;
    };
  }

  private String create() {
    return "create it: creek-consumer create-schemas '" + mapping + "'";
  }

  ShapeMismatchException missing() {
    return new ShapeMismatchException(
        "target table " + mapping.target() + " does not exist", create());
  }
}
