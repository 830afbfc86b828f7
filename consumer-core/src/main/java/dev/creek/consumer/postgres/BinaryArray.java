package dev.creek.consumer.postgres;

import dev.creek.consumer.row.PgType;
import dev.creek.consumer.row.ValueColumn;

/** A column of values, to be bound as an array of its type. Its text form tells no values. */
record BinaryArray(PgType type, ValueColumn values) {
  @Override
  public String toString() {
    return type.sqlName() + "[" + values.count() + "]";
  }
}
