package dev.creek.consumer.app.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Tables, and what happens to them at the source. The same at every run: nothing is random.
 *
 * @param name also of the source's database, and so a word of SQL and of subjects
 * @param title for people
 * @param columns of each table, as in {@code create table}; the first is {@code id}
 * @param base statements that fill source and target alike before anything is measured
 * @param load statements that change the source; they commit as they say
 * @param changes how many row changes those make
 */
record Dataset(
    String name,
    String title,
    Map<String, String> columns,
    List<String> base,
    List<String> load,
    long changes) {

  /** The row that the first transaction inserts in each table, and the row of the last one. */
  private static final int FIRST = -2;

  private static final int LAST = -1;

  /** Tables of the same columns. */
  static Map<String, String> alike(List<String> tables, String columns) {
    return tables.stream()
        .collect(
            Collectors.toMap(
                table -> table, table -> columns, (one, same) -> one, LinkedHashMap::new));
  }

  /** The tables' names. */
  List<String> tables() {
    return List.copyOf(columns.keySet());
  }

  /** Creates the tables and fills them. */
  String[] create() {
    List<String> sql = new ArrayList<>();
    columns.forEach((table, its) -> sql.add("create table %s (%s)".formatted(table, its)));
    sql.addAll(base);
    tables().forEach(table -> sql.add("analyze " + table));
    return sql.toArray(String[]::new);
  }

  /** All that happens at the source, the marks included. */
  String[] happen() {
    List<String> sql = new ArrayList<>();
    // Of no interest here, and not what is measured.
    sql.add("set synchronous_commit = off");
    tables().forEach(table -> sql.add("insert into %s (id) values (%d)".formatted(table, FIRST)));
    sql.addAll(load);
    tables().forEach(table -> sql.add("insert into %s (id) values (%d)".formatted(table, LAST)));
    return sql.toArray(String[]::new);
  }

  /** Asks whether anything has come to a table. */
  static String begun(String table) {
    return "select " + marked(table, FIRST);
  }

  /** Asks whether all has come to tables. */
  static String complete(List<String> tables) {
    return tables.stream()
        .map(table -> marked(table, LAST))
        .collect(Collectors.joining(" and ", "select ", ""));
  }

  private static String marked(String table, int id) {
    return "exists (select from %s where id = %d)".formatted(table, id);
  }
}
