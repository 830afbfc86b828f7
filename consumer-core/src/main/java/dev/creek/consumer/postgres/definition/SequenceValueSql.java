package dev.creek.consumer.postgres.definition;

import dev.creek.consumer.postgres.definition.TableDefinition.Sequence;
import dev.creek.consumer.postgres.definition.TableDefinition.SequenceValue;
import dev.creek.consumer.postgres.session.SqlNames;
import org.jspecify.annotations.Nullable;

/** Statements that let a sequence of the target go on where the source's stands. */
final class SequenceValueSql {
  private SequenceValueSql() {}

  /** Null if the value is not known. */
  static @Nullable String set(String sequence, @Nullable SequenceValue value) {
    return value == null
        ? null
        : "SELECT pg_catalog.setval(%s, %d, %s)".formatted(sequence, value.last(), value.called());
  }

  /** Unless it was there, and has gone further. */
  static @Nullable String forward(String moved, Sequence sequence) {
    SequenceValue value = sequence.value();
    String set = set(SqlNames.literal(moved) + "::regclass", value);
    return value == null
        ? null
        : set
            + " FROM "
            + moved
            + " WHERE last_value "
            + (sequence.increment() > 0 ? "<= " : ">= ")
            + value.last();
  }
}
