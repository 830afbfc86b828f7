package dev.creek.consumer.postgres;

/** Identifiers as SQL text: always quoted, so that any name is itself and nothing else. */
final class SqlNames {
  private SqlNames() {}

  static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  static String quoted(String namespace, String name) {
    return quoted(namespace) + '.' + quoted(name);
  }
}
