package dev.creek.consumer.postgres.snapshot;

import dev.creek.consumer.postgres.apply.InsertSql;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.LoadTable;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.row.UniqueKey;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The statement that makes a target hold exactly the rows of a loaded table, and leaves equal rows
 * unchanged. It is one statement, so that foreign keys are checked at its end. Its parts wait for
 * each other, because deleted rows free the unique values that others take.
 */
final class InPlaceSql {
  private final RowPlan plan;
  private final CatalogTable target;

  /** Rows of tables that inherit from the target are not the source's. */
  private final String table;

  private final String loaded;
  private final Set<String> leaving;

  /**
   * @param leaving columns whose values a row gives up by leaving: a row with a wrong value in one
   *     of them is deleted and inserted, not updated
   */
  InPlaceSql(RowPlan plan, CatalogTable target, LoadTable loaded, Set<String> leaving) {
    this.plan = plan;
    this.target = target;
    this.table = (target.partitioned() ? "" : "only ") + target.sqlName();
    this.loaded = loaded.sqlName();
    this.leaving = Set.copyOf(leaving);
  }

  /** Returns the numbers of rows deleted, updated and inserted. */
  String sql() {
    UniqueKey key = plan.key();
    return key == null ? replaceAll() : replaceDifferences(key);
  }

  /** Returns the numbers of rows that it must delete, update and insert, if nothing prevents it. */
  String expected() {
    UniqueKey key = plan.key();
    if (key == null) {
      return "select (select count(*) from %s), 0::int8, (select count(*) from %s)"
          .formatted(table, loaded);
    }
    String same = same(key);
    List<String> updated = updated(key);
    return """
        select
            (select count(*) from %1$s as t where not exists (select from %2$s as s where %3$s)),
            %4$s,
            (select count(*) from %2$s as s where not exists (select from %1$s as t where %3$s))"""
        .formatted(
            table,
            loaded,
            same,
            updated.isEmpty()
                ? "0::int8"
                : "(select count(*) from %s as t, %s as s where %s and not %s)"
                    .formatted(table, loaded, same, identical(updated)));
  }

  /** Without a key rows cannot be matched. */
  private String replaceAll() {
    return """
        with gone as (
            delete from %s returning 1
        ), deleted as materialized (
            select count(*) as rows from gone
        ), added as (
            %s from %s as s, deleted returning 1
        )
        select deleted.rows, 0::int8, (select count(*) from added) from deleted"""
        .formatted(table, insert(), loaded);
  }

  private String replaceDifferences(UniqueKey key) {
    String same = same(key);
    return """
        with gone as (
            delete from %1$s as t
            where not exists (select from %2$s as s where %3$s)
            returning 1
        ), deleted as materialized (
            select count(*) as rows from gone
        ), changed as (
            %4$s
        ), updated as materialized (
            select count(*) as rows from changed
        ), added as (
            %5$s from %2$s as s, deleted, updated
            where not exists (select from %1$s as t where %3$s)
            returning 1
        )
        select deleted.rows, updated.rows, (select count(*) from added) from deleted, updated"""
        .formatted(table, loaded, same, update(key, same), insert());
  }

  private String update(UniqueKey key, String same) {
    List<String> columns = updated(key);
    if (columns.isEmpty()) {
      return "select 1 from deleted where false";
    }
    String changes =
        columns.stream().map(column -> column + " = s." + column).collect(Collectors.joining(", "));
    return "update %s as t set %s from %s as s, deleted where %s and not %s returning 1"
        .formatted(table, changes, loaded, same, identical(columns));
  }

  private List<String> updated(UniqueKey key) {
    return columns(column -> target.isUpdated(key, column));
  }

  private String insert() {
    return InsertSql.plain(plan, target.sqlName()).into()
        + " select "
        + columns(column -> true).stream().map("s."::concat).collect(Collectors.joining(", "));
  }

  /** Condition: t and s are the same row. */
  private String same(UniqueKey key) {
    String keys =
        key.columns().stream()
            .map(
                column ->
                    target
                        .equality(column)
                        .sql("t." + SqlNames.quoted(column), "s." + SqlNames.quoted(column)))
            .collect(Collectors.joining(" and "));
    List<String> kept =
        columns(
            column ->
                leaving.contains(column)
                    // It cannot be updated, only inserted.
                    || (target.isAlwaysIdentity(column) && !key.columns().contains(column)));
    return kept.isEmpty() ? keys : keys + " and " + identical(kept);
  }

  /** Compares bytes: 1.0 and 1.00 are equal, but not the same, and json has no equality. */
  private static String identical(List<String> columns) {
    return "record_image_eq(row(%s), row(%s))"
        .formatted(
            columns.stream().map("t."::concat).collect(Collectors.joining(", ")),
            columns.stream().map("s."::concat).collect(Collectors.joining(", ")));
  }

  private List<String> columns(Predicate<String> wanted) {
    return plan.columns().stream()
        .map(PlanColumn::name)
        .filter(wanted)
        .map(SqlNames::quoted)
        .toList();
  }
}
