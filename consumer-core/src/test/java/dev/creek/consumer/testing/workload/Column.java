package dev.creek.consumer.testing.workload;

import java.util.Random;

/**
 * A column that the workload writes.
 *
 * @param type as CREATE TABLE and a cast take it
 * @param notNull whether it refuses NULL; its values are none, then
 */
record Column(String name, String type, boolean notNull, Values values, Role role) {

  /** When it changes. */
  enum Role {
    /** With any update. */
    FREE,
    /** With the key: its value follows from the row's id. */
    OF_KEY,
    /** Never. */
    FIXED
  }

  static final Column ID = ofKey("id", "int", Values.byId(Object::toString));

  static Column of(String name, String type, Values values) {
    return new Column(name, type, false, values, Role.FREE);
  }

  static Column required(String name, String type, Values values) {
    return new Column(name, type, true, values, Role.FREE);
  }

  static Column ofKey(String name, String type, Values values) {
    return new Column(name, type, true, values, Role.OF_KEY);
  }

  static Column fixed(String name, String type, Values values) {
    return new Column(name, type, true, values, Role.FIXED);
  }

  String ddl() {
    return name + " " + type + (notNull ? " not null" : "");
  }

  /** A value as SQL takes it. */
  String literal(Random random, int id) {
    String value = values.next(random, id);
    return value == null ? "null::" + type : "'" + value.replace("'", "''") + "'::" + type;
  }

  /** A value as COPY's text format takes it. */
  String copied(Random random, int id) {
    String value = values.next(random, id);
    return value == null
        ? "\\N"
        : value
            .replace("\\", "\\\\")
            .replace("\t", "\\t")
            .replace("\n", "\\n")
            .replace("\r", "\\r");
  }
}
