package dev.creek.consumer.api;

import java.util.regex.Pattern;

/**
 * A table of a source database.
 *
 * @param database name of the source database
 * @param namespace PostgreSQL schema of the table
 * @param table name of the table
 */
public record SourceTable(String database, String namespace, String table) {
  private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_$]*");

  /**
   * {@code db.namespace.table}; a part is double-quoted only if it needs to be, as in the Go
   * consumer's rows.
   */
  @Override
  public String toString() {
    return QualifiedName.format(database, namespace, table);
  }

  /** Tells whether SQL would take its names for other ones if they are not double-quoted. */
  public boolean needsQuotes() {
    return !PLAIN.matcher(namespace).matches() || !PLAIN.matcher(table).matches();
  }

  /**
   * Reads {@code db.namespace.table}, parts optionally double-quoted.
   *
   * @throws IllegalArgumentException with a message for the user, if the text is not three parts
   */
  public static SourceTable parse(String text) {
    var parts = QualifiedName.parse(text, 3, "source", "db.namespace.table");
    return new SourceTable(parts.get(0), parts.get(1), parts.get(2));
  }
}
