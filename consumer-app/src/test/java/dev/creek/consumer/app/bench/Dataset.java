package dev.creek.consumer.app.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * Tables, and what happens to them at the source. The same at every run: nothing is random.
 *
 * @param name also of the source's database, and so a word of SQL and of subjects
 * @param title for people
 * @param tables their names, all of the same columns, the first of which is {@code id}
 * @param columns as in {@code create table}
 * @param base statements that fill source and target alike before anything is measured
 * @param load statements that change the source; they commit as they say
 * @param changes how many row changes those make
 */
record Dataset(
    String name,
    String title,
    List<String> tables,
    String columns,
    List<String> base,
    List<String> load,
    long changes) {

  /** The row that the first transaction inserts in each table, and the row of the last one. */
  private static final int FIRST = -2;

  private static final int LAST = -1;

  /** Creates the tables and fills them. */
  String[] create() {
    List<String> sql = new ArrayList<>();
    tables.forEach(table -> sql.add("create table %s (%s)".formatted(table, columns)));
    sql.addAll(base);
    tables.forEach(table -> sql.add("analyze " + table));
    return sql.toArray(String[]::new);
  }

  /** All that happens at the source, the marks included. */
  String[] happen() {
    List<String> sql = new ArrayList<>();
    // Of no interest here, and not what is measured.
    sql.add("set synchronous_commit = off");
    tables.forEach(table -> sql.add("insert into %s (id) values (%d)".formatted(table, FIRST)));
    sql.addAll(load);
    tables.forEach(table -> sql.add("insert into %s (id) values (%d)".formatted(table, LAST)));
    return sql.toArray(String[]::new);
  }

  /** Asks whether anything has come, and whether all has. */
  String arrival() {
    return "select " + marked(FIRST, " or ") + ", " + marked(LAST, " and ");
  }

  private String marked(int id, String junction) {
    return String.join(
        junction,
        tables.stream()
            .map(table -> "exists (select from %s where id = %d)".formatted(table, id))
            .toList());
  }
}
