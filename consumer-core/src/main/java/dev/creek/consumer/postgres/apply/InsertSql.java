package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.row.UniqueKey;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Inserts rows of one plan.
 *
 * @param table the table, as SQL
 * @param plan the rows
 * @param onConflict empty, or beginning with a space
 */
public record InsertSql(String table, RowPlan plan, String onConflict) {

  /**
   * Upserts into the target if there is a key, otherwise inserts. Rows with a temporal key are
   * inserted, too: {@link IdentitySql} deletes those of the same keys before.
   */
  public static InsertSql upsert(RowPlan plan, CatalogTable target) {
    UniqueKey key = plan.key();
    return new InsertSql(
        target.sqlName(),
        plan,
        onConflict(plan, column -> key != null && target.isUpdated(key, column)));
  }

  /**
   * Inserts rows that are missing, and sets only these columns of the others. There must be a key,
   * and no temporal one.
   */
  public static InsertSql filling(RowPlan plan, CatalogTable target, Set<String> columns) {
    return new InsertSql(target.sqlName(), plan, onConflict(plan, columns::contains));
  }

  /** Inserts into any table that has the plan's columns. */
  public static InsertSql plain(RowPlan plan, String table) {
    return new InsertSql(table, plan, "");
  }

  /**
   * The statement.
   *
   * @param from relations that are cross-joined with the rows, which wait for them: empty, or
   *     ending in a comma
   * @param parameter number of the first column's
   */
  public String sql(String from, int parameter) {
    var rows = new UnnestSql("x", plan.columns(), parameter);
    return into() + " select " + rows.values() + " from " + from + rows.from() + onConflict;
  }

  /** Tells whether it touches each row: not if rows consist only of their key, and may exist. */
  public boolean touchesAll() {
    return !onConflict.endsWith("nothing");
  }

  /** The statement's beginning, before the inserted values. */
  public String into() {
    return "insert into "
        + table
        + " ("
        + columns(plan.columns())
        + ")"
        + (plan.overridesIdentity() ? " overriding system value" : "");
  }

  /** Columns by name, as a list in SQL. */
  public static String columns(List<PlanColumn> columns) {
    return columns.stream()
        .map(column -> SqlNames.quoted(column.name()))
        .collect(Collectors.joining(", "));
  }

  private static String onConflict(RowPlan plan, Predicate<String> isSet) {
    UniqueKey key = plan.key();
    if (key == null || key.temporal()) {
      return "";
    }
    String changes =
        plan.columns().stream()
            .map(PlanColumn::name)
            .filter(isSet)
            .map(SqlNames::quoted)
            .map(column -> column + " = excluded." + column)
            .collect(Collectors.joining(", "));
    return " on conflict ("
        + key.columns().stream().map(SqlNames::quoted).collect(Collectors.joining(", "))
        + ") do "
        + (changes.isEmpty() ? "nothing" : "update set " + changes);
  }
}
