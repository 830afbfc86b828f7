package dev.creek.consumer.postgres.position;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.session.SqlNames;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Statements about the marks of one target, to stand alone or as parts of those that move its
 * position. A trigger shows the marks in {@code subscriptions} after the whole statement, so both
 * may be in one. Without parameters: the values are our own and never from a row.
 *
 * <p>The caller has locked the row of {@code subscriptions}, by the claim's fence or by {@link
 * PositionSql#lock}; otherwise two sessions that wait for each other could deadlock.
 */
public final class IncompletenessSql {
  private final String table;
  private final String target;

  /**
   * @param table the table of marks, as SQL
   */
  public IncompletenessSql(String table, TargetTable target) {
    this.table = table;
    this.target = SqlNames.literal(target.toString());
  }

  /** The table of marks, as SQL. */
  String table() {
    return table;
  }

  /**
   * Sets a mark; an existing one stays as it is, with its time.
   *
   * @param from what must be there: relations, and a condition perhaps, such as {@code fence}, or
   *     {@code fence, missed where missed.rows > 0}
   */
  public String insert(Incompleteness mark, String from) {
    return insert(
        mark.cause(), SqlNames.literal(mark.detail()), SqlNames.literal(mark.reason()), from);
  }

  /**
   * The same, if detail or reason are computed from {@code from}.
   *
   * @param detail a text expression
   * @param reason a text expression
   */
  public String insert(Incompleteness.Cause cause, String detail, String reason, String from) {
    return "insert into "
        + table
        + " (target, cause, detail, reason) select "
        + target
        + ", "
        + SqlNames.literal(cause.stored())
        + ", "
        + detail
        + ", "
        + reason
        + " from "
        + from
        + " on conflict do nothing";
  }

  /** Statements that set marks, for a transaction that holds the fence; empty if there are none. */
  public String insertAll(List<Incompleteness> marks) {
    return marks.stream()
        .map(mark -> insert(mark, "(values (1)) as fence") + ";")
        .collect(Collectors.joining());
  }

  /** The same, in the place of those that are there. */
  public String replaceAll(List<Incompleteness> marks) {
    return marks.stream()
        .map(mark -> delete(mark) + ";" + insert(mark, "(values (1)) as fence") + ";")
        .collect(Collectors.joining());
  }

  /** Removes all marks. */
  public String delete() {
    return "delete from " + table + " where target = " + target;
  }

  /**
   * Removes those that were set until then.
   *
   * @param time as PostgreSQL writes it
   */
  public String deleteUntil(String time) {
    return delete() + " and since <= " + SqlNames.literal(time) + "::timestamptz";
  }

  /** Removes those of one cause. */
  public String delete(Incompleteness.Cause cause) {
    return delete() + " and cause = " + SqlNames.literal(cause.stored());
  }

  /** Removes those of these columns. */
  public String deleteColumns(Collection<String> columns) {
    return delete(Incompleteness.Cause.COLUMN)
        + " and detail in ("
        + columns.stream().map(SqlNames::literal).collect(Collectors.joining(", "))
        + ")";
  }

  /** Removes those of these that are there with the same reason; returns a row for each. */
  public String deleteUnchanged(List<Incompleteness> marks) {
    return delete()
        + marks.stream()
            .map(
                mark ->
                    "(cause = %s and detail = %s and reason = %s)"
                        .formatted(
                            SqlNames.literal(mark.cause().stored()),
                            SqlNames.literal(mark.detail()),
                            SqlNames.literal(mark.reason())))
            .collect(Collectors.joining(" or ", " and (", ") returning 1"));
  }

  /** Removes this one. */
  public String delete(Incompleteness mark) {
    return delete(mark.cause()) + " and detail = " + SqlNames.literal(mark.detail());
  }
}
