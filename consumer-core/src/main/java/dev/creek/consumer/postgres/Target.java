package dev.creek.consumer.postgres;

import dev.creek.consumer.row.TargetColumn;
import dev.creek.consumer.row.TargetShape;
import java.util.Map;
import java.util.Objects;

/**
 * A target table as its catalog tells it.
 *
 * @param shape what the row package plans with
 * @param equalities by column
 */
record Target(TargetShape shape, Map<String, Equality> equalities) {
  Target {
    equalities = Map.copyOf(equalities);
  }

  String sqlName() {
    return SqlNames.quoted(shape.namespace(), shape.table());
  }

  Equality equality(String column) {
    return Objects.requireNonNull(equalities.get(column), column);
  }

  boolean isAlwaysIdentity(String column) {
    return shape.columns().stream()
        .filter(c -> c.name().equals(column))
        .anyMatch(TargetColumn::alwaysIdentity);
  }
}
