package dev.creek.consumer.testing;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** One table of a {@link TableComparison}: how both sides of it are read as text. */
final class TableReader {

  private static final String COLUMNS =
      """
      select a.attname, a.atttypid in ('json'::regtype, 'jsonb'::regtype),
             coalesce(a.attnum = any (i.indkey), false), quote_ident(a.attname)
      from pg_attribute a left join pg_index i on i.indrelid = a.attrelid and i.indisprimary
      where a.attrelid = '%s'::regclass and a.attnum > 0 and not a.attisdropped
        and a.attgenerated = ''
      order by a.attnum""";

  private static final int FETCH_ROWS = 2000;

  /** One column, as both sides have it. */
  record Column(String name, String text, boolean key) {}

  private record Found(String name, boolean json, boolean key, String quoted) {}

  private record Side(Connection connection, String table) {

    List<Found> columns() throws SQLException {
      List<Found> columns = new ArrayList<>();
      try (Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery(COLUMNS.formatted(table.replace("'", "''")))) {
        while (rows.next()) {
          columns.add(
              new Found(
                  rows.getString(1), rows.getBoolean(2), rows.getBoolean(3), rows.getString(4)));
        }
      }
      return columns;
    }

    Checksum checksum(List<Column> columns) throws SQLException {
      String sql =
          """
          select count(*), coalesce(sum(('x' || left(md5(row_text), 16))::bit(64)::bigint), 0)
          from (select row(%s)::text as row_text from %s) as all_rows"""
              .formatted(list(columns), table);
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery(sql)) {
        row.next();
        return new Checksum(row.getLong(1), new BigDecimal(row.getString(2)));
      }
    }

    ResultSet rows(Statement statement, List<Column> columns, List<Column> key)
        throws SQLException {
      // By bytes, so that Java and every version of every C library agree on the order.
      String order =
          columns.stream()
              .map(column -> column.text() + " collate \"C\" nulls first")
              .collect(Collectors.joining(", "));
      statement.setFetchSize(FETCH_ROWS);
      return statement.executeQuery(
          "select row(%s)::text collate \"C\" as key_text, %s from %s order by 1, %s"
              .formatted(list(key), list(columns), table, order));
    }

    private static String list(List<Column> columns) {
      return columns.stream().map(Column::text).collect(Collectors.joining(", "));
    }
  }

  private final Side source;
  private final Side target;
  private final List<Column> columns;
  private final List<String> missing;

  private TableReader(Side source, Side target, List<Column> columns, List<String> missing) {
    this.source = source;
    this.target = target;
    this.columns = columns;
    this.missing = missing;
  }

  static TableReader of(Connection source, String from, Connection target, String into)
      throws SQLException {
    Side ofSource = new Side(source, from);
    Side ofTarget = new Side(target, into);
    TreeMap<String, Found> theirs = new TreeMap<>();
    ofTarget.columns().forEach(column -> theirs.put(column.name(), column));
    List<Column> shared = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (Found column : ofSource.columns()) {
      Found other = theirs.get(column.name());
      if (other == null) {
        missing.add("the target has no column " + column.name());
      } else {
        String cast = column.json() || other.json() ? "::jsonb::text" : "::text";
        shared.add(new Column(column.name(), column.quoted() + cast, column.key()));
      }
    }
    return new TableReader(ofSource, ofTarget, shared, missing);
  }

  ComparedTable compare() throws SQLException {
    Checksum ofSource = source.checksum(columns);
    Checksum ofTarget = target.checksum(columns);
    RowDifferences differences = new RowDifferences(columns);
    missing.forEach(differences::add);
    if (!ofSource.equals(ofTarget)) {
      List<Column> key = columns.stream().filter(Column::key).toList();
      List<Column> identity = key.isEmpty() ? columns : key;
      try (Statement one = source.connection().createStatement();
          Statement other = target.connection().createStatement();
          ResultSet these = source.rows(one, columns, identity);
          ResultSet those = target.rows(other, columns, identity)) {
        differences.find(these, those);
      }
    }
    return new ComparedTable(
        source.table(), ofSource, ofTarget, differences.first(), differences.count());
  }
}
