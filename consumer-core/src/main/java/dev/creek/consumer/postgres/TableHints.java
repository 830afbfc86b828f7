package dev.creek.consumer.postgres;

import dev.creek.consumer.control.Mapping;
import dev.creek.consumer.control.TargetTable;
import dev.creek.consumer.row.ShapeMismatchException;
import org.jspecify.annotations.Nullable;

/**
 * What to do when a table cannot be written.
 *
 * @param controlSchema where the functions are
 */
record TableHints(Mapping mapping, String controlSchema) implements SqlHints {

  @Override
  public @Nullable String forState(String sqlState) {
    TargetTable target = mapping.target();
    String name = SqlNames.quoted(target.namespace(), target.table());
    String namespace = SqlNames.quoted(target.namespace());
    return switch (sqlState) {
      case "42P01", "3F000" -> resync();
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

  private String resync() {
    return "its rows are gone with it, or were never there: creek-consumer resync '%1$s' creates and fills it; so does select %2$s.resync('%3$s');"
        .formatted(mapping, SqlNames.quoted(controlSchema), mapping.toString().replace("'", "''"));
  }

  ShapeMismatchException missing() {
    return new ShapeMismatchException(
        "target table " + mapping.target() + " does not exist", resync());
  }
}
