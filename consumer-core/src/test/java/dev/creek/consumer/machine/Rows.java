package dev.creek.consumer.machine;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A table's rows as values that compare across types: each is read back as the source's type, so
 * that 12.30 and 12.3000 are equal, and 12.34 and 12.3 are not. Columns that the wire never carries
 * (generated ones) are left out.
 */
record Rows(List<Column> columns, Map<List<String>, Integer> rows) {
  private static final int SHOWN = 8;

  /**
   * @param value an expression of its text
   */
  record Column(String name, String value) {}

  private static final String COLUMNS =
      """
      select quote_ident(a.attname), t.typname, t.typtype, coalesce(b.typname, ''), t.oid < 16384
      from pg_attribute a join pg_type t on t.oid = a.atttypid left join pg_type b on b.oid = t.typbasetype
      where a.attrelid = '%s'::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      order by a.attname""";

  /** The source's rows. */
  static Rows ofSource(Connection source, String table) throws SQLException {
    return read(source, table, columns(source, table));
  }

  /**
   * The target's rows, read as the source reads its own.
   *
   * @throws SQLException also where a column is missing, or a value is none of the source's type
   */
  static Rows ofTarget(Connection target, String table, List<Column> columns) throws SQLException {
    return read(target, table, columns);
  }

  /** Of a table's columns, by name. */
  static List<Column> columns(Connection connection, String table) throws SQLException {
    List<Column> columns = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(COLUMNS.formatted(table))) {
      while (rows.next()) {
        String type = rows.getString(3).equals("d") ? rows.getString(4) : rows.getString(2);
        boolean known = rows.getBoolean(5) || rows.getString(3).equals("d");
        columns.add(new Column(rows.getString(1), expression(rows.getString(1), type, known)));
      }
    }
    return columns;
  }

  private static String expression(String name, String type, boolean known) {
    if (!known) {
      return name + "::text";
    }
    return switch (type) {
      case "numeric" -> "trim_scale(" + name + "::numeric)::text";
      case "_numeric" ->
          "case when %1$s is not null then array(select trim_scale(x) from unnest(%1$s::numeric[]) x)::text end"
              .formatted(name);
      case "json", "jsonb" -> name + "::jsonb::text";
      default -> name + "::pg_catalog.\"" + type + "\"::text";
    };
  }

  private static Rows read(Connection connection, String table, List<Column> columns)
      throws SQLException {
    Map<List<String>, Integer> rows = new TreeMap<>(Rows::compare);
    String list = columns.stream().map(Column::value).collect(Collectors.joining(", "));
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("select " + list + " from " + table)) {
      while (result.next()) {
        String[] row = new String[columns.size()];
        for (int i = 0; i < row.length; i++) {
          String value = result.getString(i + 1);
          row[i] = value == null ? "NULL" : "'" + value + "'";
        }
        rows.merge(Arrays.asList(row), 1, Integer::sum);
      }
    }
    return new Rows(columns, rows);
  }

  /** Rows of tables whose columns differ in number differ. */
  private static int compare(List<String> one, List<String> other) {
    if (one.size() != other.size()) {
      return Integer.compare(one.size(), other.size());
    }
    for (int i = 0; i < one.size(); i++) {
      int order = one.get(i).compareTo(other.get(i));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  static Set<String> names(List<Column> columns) {
    return columns.stream().map(Column::name).collect(Collectors.toSet());
  }

  /** The same rows without the columns of other names. */
  Rows only(Set<String> names) {
    int[] kept =
        IntStream.range(0, columns.size())
            .filter(i -> names.contains(columns.get(i).name()))
            .toArray();
    Map<List<String>, Integer> fewer = new TreeMap<>(Rows::compare);
    rows.forEach(
        (row, count) ->
            fewer.merge(Arrays.stream(kept).mapToObj(row::get).toList(), count, Integer::sum));
    return new Rows(Arrays.stream(kept).mapToObj(columns::get).toList(), fewer);
  }

  int count() {
    return rows.values().stream().mapToInt(Integer::intValue).sum();
  }

  boolean sameAs(Rows other) {
    return rows.equals(other.rows);
  }

  /** The first rows that only one side has, or has more often. */
  static String differences(Rows source, Rows target) {
    String heading =
        "%s%d rows at the source, %d at the target; columns %s%n"
            .formatted(
                source.count() < target.count()
                    ? "too many rows: "
                    : source.count() > target.count() ? "too few rows: " : "other rows: ",
                source.count(),
                target.count(),
                source.columns.stream().map(Column::name).toList());
    return heading
        + Stream.concat(
                source.surplus(target).map(row -> "      only at the source: " + row),
                target.surplus(source).map(row -> "      only at the target: " + row))
            .limit(2 * SHOWN)
            .collect(Collectors.joining("\n"));
  }

  private Stream<String> surplus(Rows other) {
    return rows.entrySet().stream()
        .filter(row -> row.getValue() > other.rows.getOrDefault(row.getKey(), 0))
        .map(
            row ->
                row.getKey() + " × " + (row.getValue() - other.rows.getOrDefault(row.getKey(), 0)))
        .limit(SHOWN);
  }
}
