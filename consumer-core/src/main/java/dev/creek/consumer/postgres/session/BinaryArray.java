package dev.creek.consumer.postgres.session;

import dev.creek.consumer.row.PgType;
import dev.creek.consumer.row.ValueColumn;

/** A column of values, to be bound as an array of its type. Its text form contains no values. */
public record BinaryArray(PgType type, ValueColumn values) {
  @Override
  public String toString() {
    return type.sqlName() + "[" + values.count() + "]";
  }
}
