package dev.creek.consumer.machine;

import java.util.Random;

/**
 * A column of a source table.
 *
 * @param notNull whether it refuses NULL
 */
record ColumnPlan(String name, Kind kind, boolean notNull) {
  private static final int NULL_EVERY = 6;

  String ddl() {
    return ddl(kind.type());
  }

  String ddl(String type) {
    return name + " " + type + (notNull ? " not null" : "");
  }

  /** A value as SQL takes it. */
  String literal(Random random) {
    if (!notNull && random.nextInt(NULL_EVERY) == 0) {
      return "null";
    }
    return literal(kind.values().get(random.nextInt(kind.values().size())));
  }

  private String literal(String value) {
    return "'" + value.replace("'", "''") + "'::" + kind.type();
  }
}
