package dev.creek.consumer.postgres;

/** Names as SQL text: always quoted, so that any name is itself and nothing else. */
final class SqlNames {
  private SqlNames() {}

  static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  static String quoted(String namespace, String name) {
    return quoted(namespace) + '.' + quoted(name);
  }

  /** As a string, whatever {@code standard_conforming_strings} says. */
  static String literal(String name) {
    String doubled = name.replace("'", "''");
    return name.indexOf('\\') < 0
        ? '\'' + doubled + '\''
        : " E'" + doubled.replace("\\", "\\\\") + '\'';
  }
}
