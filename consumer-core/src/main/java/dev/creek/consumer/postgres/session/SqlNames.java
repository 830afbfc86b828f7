package dev.creek.consumer.postgres.session;

/** Names as SQL text: always quoted, so that a name cannot be anything else. */
public final class SqlNames {
  private SqlNames() {}

  public static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  public static String quoted(String namespace, String name) {
    return quoted(namespace) + '.' + quoted(name);
  }

  /** As a string, whatever {@code standard_conforming_strings} says. */
  public static String literal(String name) {
    String doubled = name.replace("'", "''");
    return name.indexOf('\\') < 0
        ? '\'' + doubled + '\''
        : " E'" + doubled.replace("\\", "\\\\") + '\'';
  }
}
