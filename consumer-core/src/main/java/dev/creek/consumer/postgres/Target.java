package dev.creek.consumer.postgres;

import dev.creek.consumer.row.TargetColumn;
import dev.creek.consumer.row.TargetShape;
import dev.creek.consumer.row.UniqueKey;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A target table as its catalog tells it.
 *
 * @param oid its id
 * @param partitioned whether rows are in its partitions
 * @param cascades whether a row that is deleted, though it comes again at once, takes rows of
 *     others along: a foreign key with ON DELETE CASCADE, SET NULL, … or RESTRICT refers to it
 * @param copyable whether COPY does what INSERT does: it knows no rules, and no policies
 * @param shape what the row package plans with
 * @param uniques all unique keys, deferrable ones too
 * @param equalities by column
 */
record Target(
    long oid,
    boolean partitioned,
    boolean cascades,
    boolean copyable,
    TargetShape shape,
    List<UniqueKey> uniques,
    Map<String, Equality> equalities) {
  Target {
    uniques = List.copyOf(uniques);
    equalities = Map.copyOf(equalities);
  }

  String sqlName() {
    return SqlNames.quoted(shape.namespace(), shape.table());
  }

  Equality equality(String column) {
    return Objects.requireNonNull(equalities.get(column), column);
  }

  /**
   * Whether an upsert sets a column. A key column that is not written keeps the row's lock weak,
   * but 1.0 would stay where the source has 1.00. PostgreSQL lets nobody update an identity column
   * that is always generated.
   */
  boolean isUpdated(UniqueKey key, String column) {
    return !isAlwaysIdentity(column)
        && !(key.columns().contains(column) && equality(column).exact());
  }

  boolean isAlwaysIdentity(String column) {
    return shape.columns().stream()
        .filter(c -> c.name().equals(column))
        .anyMatch(TargetColumn::alwaysIdentity);
  }
}
