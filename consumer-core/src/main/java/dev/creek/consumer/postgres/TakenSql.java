package dev.creek.consumer.postgres;

import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.row.UniqueKey;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where changes come again that the target has seen – a producer that was restarted, the time
 * before a snapshot – a unique value may be with the row that got it later. That row makes room:
 * what gave it the value comes again, too, and brings all of the row back.
 */
final class TakenSql {
  private TakenSql() {}

  /**
   * Deletes rows of other keys that hold a unique value of the rows, or one that overlaps with
   * theirs where none may.
   *
   * @param from what is cross-joined with the rows, which wait for it: empty, or ending in a comma
   * @param parameter number of the first column's, as of {@link InsertSql#sql}
   * @return null where rows have no unique values besides their key, or where others' rows would go
   *     along
   */
  static @Nullable String delete(RowPlan plan, Target target, String from, int parameter) {
    UniqueKey key = plan.key();
    List<String> names = plan.columns().stream().map(PlanColumn::name).toList();
    if (key == null || target.cascades()) {
      return null;
    }
    var rows = new UnnestSql("x", plan.columns(), parameter);
    String taken =
        target.uniques().stream()
            .filter(unique -> unique.temporal() || !unique.name().equals(key.name()))
            .filter(unique -> names.containsAll(unique.columns()))
            .map(unique -> taken(unique, names, target, rows))
            .collect(Collectors.joining(") or (", "((", "))"));
    return taken.equals("(())")
        ? null
        : "delete from "
            + target.sqlName()
            + " as t using "
            + from
            + rows.from()
            + " where not ("
            + same(key.columns(), names, target, rows)
            + ") and "
            + taken;
  }

  private static String taken(UniqueKey unique, List<String> names, Target target, UnnestSql rows) {
    if (!unique.temporal()) {
      return same(unique.columns(), names, target, rows);
    }
    int last = unique.columns().size() - 1;
    String period = unique.columns().get(last);
    return same(unique.columns().subList(0, last), names, target, rows)
        + " and t."
        + SqlNames.quoted(period)
        + " && "
        + rows.value(names.indexOf(period));
  }

  private static String same(
      List<String> columns, List<String> names, Target target, UnnestSql rows) {
    return columns.stream()
        .map(
            name ->
                target
                    .equality(name)
                    .sql("t." + SqlNames.quoted(name), rows.value(names.indexOf(name))))
        .collect(Collectors.joining(" and "));
  }
}
