package dev.creek.consumer.row;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Reads a target's shape as the consumer's own catalog query does, but through JDBC. */
final class TargetShapes {
  private static final String COLUMNS =
      """
      select a.attname, a.atttypid::int8, format_type(a.atttypid, -1), a.attnotnull,
             a.atthasdef or a.attidentity <> '', a.attgenerated <> '', a.attidentity = 'a'
        from pg_attribute a
       where a.attrelid = format('%I.%I', ?::text, ?::text)::regclass
         and a.attnum > 0 and not a.attisdropped
       order by a.attnum
      """;
  private static final String KEYS =
      """
      select c.relname, i.indisprimary,
             array(select a.attname::text
                     from unnest(i.indkey[0:i.indnkeyatts - 1]) with ordinality k (attnum, n)
                     join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
                    order by k.n)
        from pg_index i join pg_class c on c.oid = i.indexrelid
       where i.indrelid = format('%I.%I', ?::text, ?::text)::regclass
         and i.indisunique and i.indisvalid and i.indimmediate
         and i.indpred is null and i.indexprs is null
       order by i.indisprimary desc, c.relname
      """;

  private TargetShapes() {}

  static TargetShape read(Connection connection, String namespace, String table)
      throws SQLException {
    return new TargetShape(
        namespace,
        table,
        columns(connection, namespace, table),
        keys(connection, namespace, table),
        true);
  }

  private static List<TargetColumn> columns(Connection connection, String namespace, String table)
      throws SQLException {
    var columns = new ArrayList<TargetColumn>();
    try (var query = connection.prepareStatement(COLUMNS)) {
      query.setString(1, namespace);
      query.setString(2, table);
      var rows = query.executeQuery();
      while (rows.next()) {
        columns.add(
            new TargetColumn(
                rows.getString(1),
                (int) rows.getLong(2),
                rows.getString(3),
                rows.getBoolean(4),
                rows.getBoolean(5),
                rows.getBoolean(6),
                rows.getBoolean(7)));
      }
    }
    return columns;
  }

  private static List<UniqueKey> keys(Connection connection, String namespace, String table)
      throws SQLException {
    var keys = new ArrayList<UniqueKey>();
    try (var query = connection.prepareStatement(KEYS)) {
      query.setString(1, namespace);
      query.setString(2, table);
      var rows = query.executeQuery();
      while (rows.next()) {
        keys.add(
            new UniqueKey(
                rows.getString(1),
                rows.getBoolean(2),
                false,
                List.of((String[]) rows.getArray(3).getArray())));
      }
    }
    return keys;
  }
}
