package dev.creek.consumer.postgres;

import dev.creek.consumer.row.ChangePlan;
import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.row.RowColumns;
import dev.creek.consumer.row.UniqueKey;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The statements that write rows of one plan into its target. Rows come as one array a column, so
 * that the text, and with it the server's prepared statement, is the same for any number of rows.
 *
 * <p>Each takes the number of its first parameter and the CTEs that it must wait for: {@code from}
 * is what is cross-joined with the rows, empty or ending in a comma.
 */
final class RowSql {
  private final ChangePlan plan;
  private final Target target;
  private final String table;

  RowSql(ChangePlan plan, Target target) {
    this.plan = plan;
    this.target = target;
    this.table = target.sqlName();
  }

  /** Empties the table, where it has rows that others refer to without TRUNCATE's short cut. */
  String truncate() {
    return target.shape().truncatable() ? "truncate table " + table : "delete from " + table;
  }

  /** Deletes the rows with these keys. */
  String deleteByKey(String from, int parameter) {
    var columns = plan.keyColumns();
    return "delete from "
        + table
        + " as t using "
        + from
        + unnest("k", columns, parameter)
        + " where "
        + IntStream.range(0, columns.size())
            .mapToObj(i -> equal("t", columns.get(i), value("k", columns, i)))
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
    var known = new ArrayList<PlanColumn>();
    var conditions = new ArrayList<String>();
    for (int i = 0; i < plan.keyColumns().size(); i++) {
      PlanColumn column = plan.keyColumns().get(i);
      if (row.columns().get(i).hasNull()) {
        conditions.add("s." + SqlNames.quoted(column.name()) + " is null");
      } else {
        known.add(column);
        conditions.add(equal("s", column, value("k", known, known.size() - 1)));
      }
    }
    return "delete from "
        + table
        + " where "
        + gate
        + "(tableoid, ctid) = (select s.tableoid, s.ctid from "
        + table
        + " as s"
        + (known.isEmpty() ? "" : ", " + unnest("k", known, parameter))
        + " where "
        + String.join(" and ", conditions)
        + " limit 1)";
  }

  /**
   * Deletes rows of a key whose GENERATED ALWAYS identity is another one now, as PostgreSQL lets
   * nobody update it; {@link #write} inserts them again, and takes the same parameters. Null where
   * the table has none besides its key.
   */
  @Nullable String deleteReidentified(String from, int parameter) {
    UniqueKey key = plan.key();
    List<PlanColumn> columns = plan.columns();
    List<PlanColumn> identities =
        columns.stream().filter(column -> isReplaced(key, column.name())).toList();
    if (identities.isEmpty()) {
      return null;
    }
    return "delete from "
        + table
        + " as t using "
        + from
        + unnest("x", columns, parameter)
        + " where "
        + key.columns().stream()
            .map(name -> columnNamed(columns, name))
            .map(i -> equal("t", columns.get(i), value("x", columns, i)))
            .collect(Collectors.joining(" and "))
        + " and "
        + identities.stream()
            .map(
                column ->
                    "t."
                        + SqlNames.quoted(column.name())
                        + " <> "
                        + value("x", columns, columns.indexOf(column)))
            .collect(Collectors.joining(" or ", "(", ")"));
  }

  private boolean isReplaced(@Nullable UniqueKey key, String column) {
    return key != null && !key.columns().contains(column) && target.isAlwaysIdentity(column);
  }

  private static int columnNamed(List<PlanColumn> columns, String name) {
    return IntStream.range(0, columns.size())
        .filter(i -> columns.get(i).name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** Upserts where there is a key, else inserts. */
  String write(String from, int parameter) {
    var columns = plan.columns();
    return "insert into "
        + table
        + " ("
        + columns.stream().map(c -> SqlNames.quoted(c.name())).collect(Collectors.joining(", "))
        + ")"
        + (plan.overridesIdentity() ? " overriding system value" : "")
        + " select "
        + IntStream.range(0, columns.size())
            .mapToObj(i -> value("x", columns, i))
            .collect(Collectors.joining(", "))
        + " from "
        + from
        + unnest("x", columns, parameter)
        + onConflict();
  }

  private String onConflict() {
    UniqueKey key = plan.key();
    if (key == null) {
      return "";
    }
    String changes =
        plan.columns().stream()
            .map(PlanColumn::name)
            .filter(column -> isUpdated(key, column))
            .map(SqlNames::quoted)
            .map(column -> column + " = excluded." + column)
            .collect(Collectors.joining(", "));
    return " on conflict ("
        + key.columns().stream().map(SqlNames::quoted).collect(Collectors.joining(", "))
        + ") do "
        + (changes.isEmpty() ? "nothing" : "update set " + changes);
  }

  /**
   * A key column that is not written keeps the row's lock weak, but 1.0 would stay where the source
   * has 1.00. PostgreSQL lets nobody update an identity column that is always generated.
   */
  private boolean isUpdated(UniqueKey key, String column) {
    return !target.isAlwaysIdentity(column)
        && !(key.columns().contains(column) && target.equality(column).exact());
  }

  private String equal(String alias, PlanColumn column, String value) {
    return target.equality(column.name()).sql(alias + "." + SqlNames.quoted(column.name()), value);
  }

  private static String value(String alias, List<PlanColumn> columns, int index) {
    String cast = columns.get(index).cast();
    return alias + ".c" + (index + 1) + (cast == null ? "" : "::" + cast);
  }

  private static String unnest(String alias, List<PlanColumn> columns, int parameter) {
    return "unnest("
        + IntStream.range(0, columns.size())
            .mapToObj(i -> "$" + (parameter + i))
            .collect(Collectors.joining(", "))
        + ") as "
        + alias
        + " ("
        + IntStream.rangeClosed(1, columns.size())
            .mapToObj(i -> "c" + i)
            .collect(Collectors.joining(", "))
        + ")";
  }
}
