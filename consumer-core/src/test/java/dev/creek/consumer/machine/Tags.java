package dev.creek.consumer.machine;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a target keeps beside the source's columns: values of its own columns, and children. As long
 * as a row lives they are not to be touched, also where its key changes.
 */
final class Tags {
  private static final String MINE = TablePlan.OWN + " = '" + TablePlan.TAGGED + "'";

  private final List<TablePlan> tables;
  private final SourceSide source;
  private final TargetSide target;
  private final Map<String, Set<Integer>> tagged = new HashMap<>();

  Tags(List<TablePlan> tables, SourceSide source, TargetSide target) {
    this.tables = tables;
    this.source = source;
    this.target = target;
  }

  /** Tags each row that is there. */
  void put() throws SQLException {
    try (Connection connection = target.database().connect()) {
      for (TablePlan table : tables) {
        if (table.numbered() && isThere(connection, table) && isTagged(connection, table)) {
          // Others may have come since.
          Set<Integer> rows = rowIds(connection, table.name(), MINE);
          rows.retainAll(source.rowIds(table.name()));
          tagged.put(table.name(), rows);
        }
      }
    }
  }

  /** Not where the table was altered since: its triggers or its children may not be of it now. */
  private static boolean isTagged(Connection connection, TablePlan table) {
    try (var statement = connection.createStatement()) {
      if (table.has(Ingredient.OWN_COLUMNS)) {
        statement.execute(
            "update %s set %s = '%s'".formatted(table.name(), TablePlan.OWN, TablePlan.TAGGED));
      }
      if (table.hasChildren()) {
        if (isAltered(connection, table)) {
          return false;
        }
        statement.execute(
            "insert into %s select %s, %s from %s"
                .formatted(
                    table.children(),
                    String.join(", ", table.key()),
                    TablePlan.ROW_ID,
                    table.name()));
      }
      return true;
    } catch (SQLException e) {
      return false;
    }
  }

  /** True where its children hold keys of another type by now. */
  private static boolean isAltered(Connection connection, TablePlan table) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            "select 1 from pg_attribute a join pg_attribute c on c.attname = a.attname"
                + " where a.attrelid = to_regclass(?) and c.attrelid = to_regclass(?)"
                + " and a.attname = any (?)"
                + " and (a.atttypid, a.atttypmod) <> (c.atttypid, c.atttypmod)")) {
      statement.setString(1, table.name());
      statement.setString(2, table.children());
      statement.setArray(3, connection.createArrayOf("text", table.key().toArray()));
      try (var rows = statement.executeQuery()) {
        return rows.next();
      }
    }
  }

  private static boolean isThere(Connection connection, TablePlan table) throws SQLException {
    try (var statement =
        connection.prepareStatement(
            "select 1 from pg_attribute where attrelid = to_regclass(?) and attname = ?")) {
      statement.setString(1, table.name());
      statement.setString(2, TablePlan.OWN);
      try (var rows = statement.executeQuery()) {
        return rows.next();
      }
    }
  }

  private static Set<Integer> rowIds(Connection connection, String table, String condition)
      throws SQLException {
    return SourceSide.rowIds(
        connection, "select %s from %s where %s".formatted(TablePlan.ROW_ID, table, condition));
  }

  /** Its rows are others now. */
  void forget(TablePlan table) {
    tagged.remove(table.name());
  }

  /** Rows that live on and have lost what they had; empty where there is none. */
  String lost(TablePlan table) throws SQLException {
    Set<Integer> alive = tagged.get(table.name());
    if (alive == null) {
      return "";
    }
    alive = new TreeSet<>(alive);
    alive.retainAll(source.rowIds(table.name()));
    try (Connection connection = target.database().connect()) {
      String lost = "";
      if (table.has(Ingredient.OWN_COLUMNS)) {
        lost = missing("own values", alive, rowIds(connection, table.name(), MINE));
      }
      if (table.hasChildren()) {
        lost += missing("children", alive, rowIds(connection, table.children(), "true"));
      }
      return lost;
    }
  }

  private static String missing(String what, Set<Integer> expected, Set<Integer> found) {
    Set<Integer> missing = new TreeSet<>(expected);
    missing.removeAll(found);
    return missing.isEmpty() ? "" : "rows that lost their " + what + ": " + missing + " ";
  }
}
