package dev.creek.consumer.postgres;

import dev.creek.consumer.row.ChangePlan;
import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.row.RowColumns;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The statements that write changes of one plan into its target.
 *
 * <p>Each takes the number of its first parameter and the CTEs that it must wait for: {@code from}
 * is what is cross-joined with the rows, empty or ending in a comma.
 */
final class RowSql {
  private final ChangePlan plan;
  private final Target target;
  private final String table;
  private final InsertSql insert;
  private final InsertSql upsert;

  RowSql(ChangePlan plan, Target target) {
    this.plan = plan;
    this.target = target;
    this.table = target.sqlName();
    this.insert = InsertSql.plain(plan.rows(), table);
    this.upsert = InsertSql.upsert(plan.rows(), target);
  }

  /** Empties the table, where it has rows that others refer to without TRUNCATE's short cut. */
  String truncate() {
    return target.shape().truncatable() ? "truncate table " + table : "delete from " + table;
  }

  /** Deletes the rows with these keys. */
  String deleteByKey(String from, int parameter) {
    var columns = plan.keyColumns();
    var keys = new UnnestSql("k", columns, parameter);
    return "delete from "
        + table
        + " as t using "
        + from
        + keys.from()
        + " where "
        + IntStream.range(0, columns.size())
            .mapToObj(i -> equal("t", columns.get(i), keys.value(i)))
            .collect(Collectors.joining(" and "));
  }

  /**
   * Deletes one of the rows that look like this one, tableoid and ctid telling equal rows apart in
   * partitioned tables too. NULLs are in the text and not among the parameters: unlike IS NOT
   * DISTINCT FROM that lets an index help.
   *
   * @param gate a condition that must hold besides, or empty
   * @param parameter of the first column that is not NULL
   */
  String deleteOne(RowColumns row, String gate, int parameter) {
    List<PlanColumn> known = new ArrayList<>();
    var unknown = new ArrayList<String>();
    for (int i = 0; i < plan.keyColumns().size(); i++) {
      PlanColumn column = plan.keyColumns().get(i);
      if (row.columns().get(i).hasNull()) {
        unknown.add("s." + SqlNames.quoted(column.name()) + " is null");
      } else {
        known.add(column);
      }
    }
    var values = new UnnestSql("k", known, parameter);
    var conditions = new ArrayList<String>();
    for (int i = 0; i < known.size(); i++) {
      conditions.add(equal("s", known.get(i), values.value(i)));
    }
    conditions.addAll(unknown);
    return "delete from "
        + table
        + " where "
        + gate
        + "(tableoid, ctid) = (select s.tableoid, s.ctid from "
        + table
        + " as s"
        + (known.isEmpty() ? "" : ", " + values.from())
        + " where "
        + String.join(" and ", conditions)
        + " limit 1)";
  }

  /** What {@link IdentitySql} has to go before {@link #write}, with the same parameters. */
  @Nullable String deleteReidentified(String from, int parameter) {
    return IdentitySql.delete(plan.rows(), target, from, parameter);
  }

  /** What {@link TakenSql} has to go before {@link #write}, with the same parameters. */
  @Nullable String deleteTaken(String from, int parameter) {
    return TakenSql.delete(plan.rows(), target, from, parameter);
  }

  /** Upserts where there is a key, else inserts. */
  String write(String from, int parameter) {
    return upsert.sql(from, parameter);
  }

  /** Inserts rows that are not there; if one is, it fails. */
  String insert(String from, int parameter) {
    return insert.sql(from, parameter);
  }

  private String equal(String alias, PlanColumn column, String value) {
    return target.equality(column.name()).sql(alias + "." + SqlNames.quoted(column.name()), value);
  }
}
