package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.row.UniqueKey;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Rows that an upsert cannot update, and that are deleted before. PostgreSQL does not allow to
 * update a column that is GENERATED ALWAYS AS IDENTITY, and a row may need another value there: it
 * was deleted at the source, and came back. And PostgreSQL has no ON CONFLICT DO UPDATE for keys
 * WITHOUT OVERLAPS.
 */
public final class IdentitySql {
  private IdentitySql() {}

  /**
   * Deletes those of the rows.
   *
   * @param from relations that are cross-joined with the rows, which wait for them: empty, or
   *     ending in a comma
   * @param parameter number of the first column's, as of {@link InsertSql#sql}
   * @return null if the table has neither such a column besides its key nor such a key, or if rows
   *     of other tables would be deleted as well
   */
  public static @Nullable String delete(
      RowPlan plan, CatalogTable target, String from, int parameter) {
    UniqueKey key = plan.key();
    if (key == null || target.cascades() || !(plan.overridesIdentity() || key.temporal())) {
      return null;
    }
    var rows = new UnnestSql("x", plan.columns(), parameter);
    String otherIdentity =
        indices(plan)
            .filter(i -> !key.columns().contains(name(plan, i)))
            .filter(i -> target.isAlwaysIdentity(name(plan, i)))
            .mapToObj(i -> column(plan, i) + " <> " + rows.value(i))
            .collect(Collectors.joining(" or "));
    String sameKey =
        indices(plan)
            .filter(i -> key.columns().contains(name(plan, i)))
            .mapToObj(i -> target.equality(name(plan, i)).sql(column(plan, i), rows.value(i)))
            .collect(Collectors.joining(" and "));
    if (otherIdentity.isEmpty() && !key.temporal()) {
      return null;
    }
    return "delete from "
        + target.sqlName()
        + " as t using "
        + from
        + rows.from()
        + " where "
        + sameKey
        + (key.temporal() ? "" : " and (" + otherIdentity + ")");
  }

  private static IntStream indices(RowPlan plan) {
    return IntStream.range(0, plan.columns().size());
  }

  private static String name(RowPlan plan, int index) {
    return plan.columns().get(index).name();
  }

  private static String column(RowPlan plan, int index) {
    return "t." + SqlNames.quoted(name(plan, index));
  }
}
