package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.row.UniqueKey;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Conflicts of unique values when changes come again that the target has seen, after a restart of a
 * producer, or from the time before a snapshot. A row that got the value later may have it. That
 * row makes room: the change that gave it the value comes again, too, and brings the whole row
 * back.
 */
final class UniqueConflictSql {
  private UniqueConflictSql() {}

  /**
   * Deletes rows of other keys that hold a unique value of the rows, or one that overlaps with
   * theirs if that is not allowed.
   *
   * @param from relations that are cross-joined with the rows, which wait for them: empty, or
   *     ending in a comma
   * @param parameter number of the first column's, as of {@link InsertSql#sql}
   * @return null if rows have no unique values besides their key, or if rows of other tables would
   *     be deleted as well
   */
  static @Nullable String delete(RowPlan plan, CatalogTable target, String from, int parameter) {
    return delete(
        plan, target, from, new Rows(plan, new UnnestSql("x", plan.columns(), parameter), 0));
  }

  /**
   * The same for rows that had other keys before, under which they stay.
   *
   * @param rows their key columns as they were, then all columns
   */
  static @Nullable String deleteForMoved(RowPlan plan, CatalogTable target, UnnestSql rows) {
    return delete(
        plan, target, "", new Rows(plan, rows, rows.columns().size() - plan.columns().size()));
  }

  private static @Nullable String delete(
      RowPlan plan, CatalogTable target, String from, Rows rows) {
    UniqueKey key = plan.key();
    if (key == null || target.cascades()) {
      return null;
    }
    String taken =
        target.uniques().stream()
            .filter(unique -> unique.temporal() || !unique.name().equals(key.name()))
            .filter(unique -> rows.names().containsAll(unique.columns()))
            .map(unique -> taken(unique, target, rows))
            .collect(Collectors.joining(") or (", "((", "))"));
    return taken.equals("(())")
        ? null
        : "delete from "
            + target.sqlName()
            + " as t using "
            + from
            + rows.values().from()
            + " where not ("
            + same(key.columns(), target, rows)
            + ") and "
            + (rows.first() == 0 ? "" : "not (" + before(target, rows) + ") and ")
            + taken;
  }

  /**
   * Rows among the parameters of a statement.
   *
   * @param first index of the first column; those before are a key as it was
   */
  private record Rows(List<String> names, UnnestSql values, int first) {
    Rows(RowPlan plan, UnnestSql values, int first) {
      this(plan.columns().stream().map(PlanColumn::name).toList(), values, first);
    }

    String value(String column) {
      return values.value(first + names.indexOf(column));
    }
  }

  private static String taken(UniqueKey unique, CatalogTable target, Rows rows) {
    if (!unique.temporal()) {
      return same(unique.columns(), target, rows);
    }
    int last = unique.columns().size() - 1;
    String period = unique.columns().get(last);
    return same(unique.columns().subList(0, last), target, rows)
        + " and t."
        + SqlNames.quoted(period)
        + " && "
        + rows.value(period);
  }

  private static String same(List<String> columns, CatalogTable target, Rows rows) {
    return columns.stream()
        .map(name -> equal(name, target, rows.value(name)))
        .collect(Collectors.joining(" and "));
  }

  private static String before(CatalogTable target, Rows rows) {
    return IntStream.range(0, rows.first())
        .mapToObj(i -> equal(rows.values().columns().get(i).name(), target, rows.values().value(i)))
        .collect(Collectors.joining(" and "));
  }

  private static String equal(String column, CatalogTable target, String value) {
    return target.equality(column).sql("t." + SqlNames.quoted(column), value);
  }
}
