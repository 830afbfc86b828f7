package dev.creek.consumer.row;

/** Identifiers as SQL: always quoted. */
final class SqlName {
  private SqlName() {}

  static String quote(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  static String of(TargetShape target) {
    return quote(target.namespace()) + '.' + quote(target.table());
  }
}
