package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.row.ChangePlan;
import dev.creek.consumer.row.PlanColumn;
import dev.creek.consumer.row.RowColumns;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The statements that write changes of one plan into its target.
 *
 * <p>Each takes the number of its first parameter and the CTEs for which it must wait: {@code from}
 * is cross-joined with the rows, and is empty or ends in a comma. Statements whose count is needed
 * return a row for each row touched.
 */
final class RowSql {
  private static final String RETURNING = " returning 1";

  private final ChangePlan plan;
  private final CatalogTable target;
  private final String table;
  private final InsertSql insert;
  private final InsertSql upsert;

  RowSql(ChangePlan plan, CatalogTable target) {
    this.plan = plan;
    this.target = target;
    this.table = target.sqlName();
    this.insert = InsertSql.plain(plan.rows(), table);
    this.upsert = InsertSql.upsert(plan.rows(), target);
  }

  /**
   * Empties the table if TRUNCATE's short cut is not possible, because rows of other tables refer
   * to its rows.
   */
  String truncate() {
    return target.shape().truncatable() ? "truncate table " + table : "delete from " + table;
  }

  /** Deletes the rows with these keys. */
  String deleteByKey(String from, int parameter) {
    var keys = new UnnestSql("k", plan.keyColumns(), parameter);
    return "delete from "
        + table
        + " as t using "
        + from
        + keys.from()
        + " where "
        + sameKey("t", keys::value)
        + RETURNING;
  }

  /**
   * Updates the rows with these keys. An upsert would do the same, but takes the server longer, and
   * does not report missing rows.
   */
  String updateByKey(String from, int parameter) {
    var rows = new UnnestSql("x", plan.columns(), parameter);
    return update(from + rows.from(), rows, "", "1");
  }

  /**
   * Updates the rows with these keys that keep their values in some columns. Returns the numbers,
   * from 1 on, of the other rows. Parameters: all columns.
   */
  String updateKeeping(Set<String> kept) {
    var rows = new UnnestSql("x", plan.columns(), 1);
    String same =
        columns(kept::contains)
            .map(i -> " and " + same("t", plan.columns().get(i), rows.value(i)))
            .collect(Collectors.joining());
    return "with u as ("
        + update(rows.numbered(), rows, same, "x.n")
        + ") select r.n::int4 as n from generate_series(1, cardinality($1)) as r (n)"
        + " where r.n not in (select u.n from u)";
  }

  private String update(String from, UnnestSql rows, String more, String returned) {
    String same =
        Stream.concat(
                Stream.of(sameKey("t", i -> valueOfKey(rows, i))),
                // Another value here means that the row came back: only an insert can set it.
                columns(this::isFixedIdentity)
                    .map(i -> equal("t", plan.columns().get(i), rows.value(i))))
            .collect(Collectors.joining(" and "));
    String changes =
        columns(column -> isUpdated(column))
            .map(i -> set(i, rows.value(i)))
            .collect(Collectors.joining(", "));
    return changes.isEmpty()
        ? "select %s from %s, %s as t where %s%s".formatted(returned, from, table, same, more)
        : "update %s as t set %s from %s where %s%s returning %s"
            .formatted(table, changes, from, same, more, returned);
  }

  /** Gives rows that have the first keys the values that follow, including other keys. */
  String moveByKey(String from, int parameter) {
    UnnestSql rows = moved(parameter);
    return move(from, rows) + RETURNING;
  }

  /** The same, but leaves a row unchanged if another one has its new key. */
  String moveToFreeKey() {
    UnnestSql rows = moved(1);
    return move("", rows)
        + " and not exists (select from "
        + table
        + " as o where "
        + sameKey("o", i -> rows.value(plan.keyColumns().size() + indexOfKey(i)))
        + " and not ("
        + sameKey("o", rows::value)
        + "))";
  }

  private UnnestSql moved(int parameter) {
    return new UnnestSql(
        "x",
        Stream.concat(plan.keyColumns().stream(), plan.columns().stream()).toList(),
        parameter);
  }

  private String move(String from, UnnestSql rows) {
    int keys = plan.keyColumns().size();
    return "update "
        + table
        + " as t set "
        + columns(column -> true)
            .map(i -> set(i, rows.value(keys + i)))
            .collect(Collectors.joining(", "))
        + " from "
        + from
        + rows.from()
        + " where "
        + sameKey("t", rows::value);
  }

  /** Counts the existing rows with these keys. */
  String countThere(int parameter) {
    var rows = new UnnestSql("x", plan.columns(), parameter);
    return "select count(*) from "
        + rows.from()
        + " where exists (select from "
        + table
        + " as t where "
        + sameKey("t", i -> valueOfKey(rows, i))
        + ")";
  }

  /**
   * Tells whether a row to be deleted may have been deleted with another table's: that table's
   * pipeline may be ahead, and a foreign key then deletes on the target what it deletes on the
   * source.
   */
  boolean deletesMayMiss() {
    return target.cascaded();
  }

  /**
   * Tells whether rows are better counted first and then upserted: an UPDATE begins by examining
   * each partition, an INSERT only those to which rows go.
   */
  boolean upsertsUpdates() {
    return target.partitioned();
  }

  /**
   * Deletes one of the rows equal to this one.
   *
   * @param gate an additional condition, or empty
   * @param parameter of the first column that is not NULL
   */
  String deleteOne(RowColumns row, String gate, int parameter) {
    return "delete from " + table + " where " + gate + "(tableoid, ctid) = " + one(row, parameter);
  }

  /**
   * Updates one of the rows equal to this one.
   *
   * @param from as for all statements
   * @param parameter of the first column that is not NULL in {@code row}; the new values follow
   */
  String updateOne(String from, RowColumns row, int parameter) {
    long known = row.columns().stream().filter(column -> !column.hasNull()).count();
    var values = new UnnestSql("x", plan.columns(), parameter + (int) known);
    return "update "
        + table
        + " as t set "
        + columns(column -> true)
            .map(i -> set(i, values.value(i)))
            .collect(Collectors.joining(", "))
        + " from "
        + from
        + values.from()
        + " where (t.tableoid, t.ctid) = "
        + one(row, parameter);
  }

  /**
   * Selects one of the rows equal to this one; tableoid and ctid distinguish equal rows in
   * partitioned tables too. NULLs are in the text and not among the parameters: unlike IS NOT
   * DISTINCT FROM, this allows the use of an index.
   */
  private String one(RowColumns row, int parameter) {
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
    return "(select s.tableoid, s.ctid from "
        + table
        + " as s"
        + (known.isEmpty() ? "" : ", " + values.from())
        + " where "
        + String.join(" and ", conditions)
        + " limit 1)";
  }

  /** Deletes the rows of {@link IdentitySql} before {@link #write}, with the same parameters. */
  @Nullable String deleteReidentified(String from, int parameter) {
    return IdentitySql.delete(plan.rows(), target, from, parameter);
  }

  /**
   * Deletes the rows of {@link UniqueConflictSql} before {@link #write}, with the same parameters.
   */
  @Nullable String deleteTaken(String from, int parameter) {
    return UniqueConflictSql.delete(plan.rows(), target, from, parameter);
  }

  /** The same before {@link #moveToFreeKey}. */
  @Nullable String deleteTakenForMoved() {
    return UniqueConflictSql.deleteForMoved(plan.rows(), target, moved(1));
  }

  /** Tells whether other rows may have to be deleted before rows are written. */
  boolean makesRoom() {
    return deleteReidentified("", 1) != null || deleteTaken("", 1) != null;
  }

  /** Upserts if there is a key, otherwise inserts. */
  String write(String from, int parameter) {
    return upsert.sql(from, parameter);
  }

  /** Inserts new rows; if one exists, it fails. */
  String insert(String from, int parameter) {
    return insert.sql(from, parameter);
  }

  /** Tells whether {@link #write} touches each row: not if a row consists only of its key. */
  boolean writesAll() {
    return upsert.touchesAll();
  }

  private Stream<Integer> columns(Predicate<String> wanted) {
    return IntStream.range(0, plan.columns().size())
        .filter(i -> wanted.test(plan.columns().get(i).name()))
        .boxed();
  }

  private boolean isUpdated(String column) {
    return target.isUpdated(Objects.requireNonNull(plan.key()), column);
  }

  private boolean isFixedIdentity(String column) {
    return target.isAlwaysIdentity(column)
        && plan.keyColumns().stream().noneMatch(key -> key.name().equals(column));
  }

  private String set(int column, String value) {
    return SqlNames.quoted(plan.columns().get(column).name()) + " = " + value;
  }

  private String valueOfKey(UnnestSql rows, int key) {
    return rows.value(indexOfKey(key));
  }

  private int indexOfKey(int key) {
    return plan.columns().indexOf(plan.keyColumns().get(key));
  }

  private String sameKey(String alias, IntFunction<String> value) {
    return IntStream.range(0, plan.keyColumns().size())
        .mapToObj(i -> equal(alias, plan.keyColumns().get(i), value.apply(i)))
        .collect(Collectors.joining(" and "));
  }

  private String same(String alias, PlanColumn column, String value) {
    return "(%s or (%s.%s is null and %s is null))"
        .formatted(equal(alias, column, value), alias, SqlNames.quoted(column.name()), value);
  }

  private String equal(String alias, PlanColumn column, String value) {
    return target.equality(column.name()).sql(alias + "." + SqlNames.quoted(column.name()), value);
  }
}
