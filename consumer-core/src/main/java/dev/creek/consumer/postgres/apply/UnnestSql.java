package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.row.PlanColumn;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Rows as one array per column, so that a statement's text, and with it the server's prepared
 * statement, is the same for any number of rows.
 *
 * @param alias the alias of the rows
 * @param columns the columns, bound as one parameter each
 * @param parameter number of the first of them
 */
public record UnnestSql(String alias, List<PlanColumn> columns, int parameter) {

  /** The item of FROM. */
  public String from() {
    return from("", "");
  }

  /** The same, with each row's number from 1 on as {@code n}. */
  String numbered() {
    return from(" with ordinality", ", n");
  }

  /**
   * The same, taken for few rows by the planner: it looks up each of them, where it would read a
   * whole table.
   */
  String few() {
    return from("(select $%d)", "", "");
  }

  private String from(String ordinality, String number) {
    return from("$%d", ordinality, number);
  }

  private String from(String array, String ordinality, String number) {
    return "unnest("
        + IntStream.range(0, columns.size())
            .mapToObj(i -> array.formatted(parameter + i))
            .collect(Collectors.joining(", "))
        + ")"
        + ordinality
        + " as "
        + alias
        + " ("
        + IntStream.rangeClosed(1, columns.size())
            .mapToObj(i -> "c" + i)
            .collect(Collectors.joining(", "))
        + number
        + ")";
  }

  /** A column's value, as the target's type. */
  public String value(int index) {
    String cast = columns.get(index).cast();
    return alias + ".c" + (index + 1) + (cast == null ? "" : "::" + cast);
  }

  /** All values, in order. */
  String values() {
    return IntStream.range(0, columns.size())
        .mapToObj(this::value)
        .collect(Collectors.joining(", "));
  }
}
