package dev.creek.consumer.text;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Remedies that help in more than one case, for each place where they can be used: a shell, SQL,
 * and a program that uses the library. A mapping or a table is given as a value whose text a
 * command accepts.
 */
public final class Remedy {
  private Remedy() {}

  /** All rows anew, and the position with them. */
  public static String resync(Object mapping) {
    return "%s replaces all rows (SQL: resync('%s'); a program: snapshots().take(mapping, SnapshotMode.CLEAN), then tables().add(mapping))"
        .formatted(command("resync", mapping), literal(mapping));
  }

  /** Both sides compared row by row, and what differs mended. */
  public static String repair(Object mapping) {
    return "%s --repair --source-uri ... (a program: comparisons().repair(mapping, source, options))"
        .formatted(command("verify", mapping));
  }

  /** The source's values of some columns, for rows that are there. */
  public static String fill(Object target, List<String> columns) {
    return command("fill", target)
        + columns.stream().map(column -> " " + quoted(column)).collect(Collectors.joining())
        + " (SQL: fill('%s'%s); a program: snapshots().fill(mapping, columns))"
            .formatted(
                literal(target),
                columns.stream()
                    .map(column -> ", '" + literal(column) + "'")
                    .collect(Collectors.joining()));
  }

  private static String literal(Object value) {
    return value.toString().replace("'", "''");
  }

  /**
   * A command line that a shell takes as it is, whatever the name contains.
   *
   * @param argument a mapping, or a table
   */
  public static String command(String verb, Object argument) {
    return "creek-consumer " + verb + " " + quoted(argument);
  }

  /** A value as one word for a shell. */
  public static String quoted(Object value) {
    return "'" + value.toString().replace("'", "'\\''") + "'";
  }

  /** The table as the source has it, without rows. */
  public static String create(Object mapping) {
    return command("create-schemas", mapping) + " creates it (a program: tables().create(mapping))";
  }

  /** Without one change. */
  public static String skip(Object target) {
    return "skip the change, with its stream sequence for N: skip_change('%s', N) in SQL (a program: tables().skip)"
        .formatted(literal(target));
  }
}
