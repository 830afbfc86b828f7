package dev.creek.consumer.testing.producer;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A published table as the catalog has it, which is what the schema of its snapshots is made of:
 * with generated columns, and with the primary key for a key where the replica identity is an
 * index.
 *
 * @param approximateRows PostgreSQL's estimate; -1 if it has none
 */
record SnapshotTable(Relation relation, long approximateRows) {
  private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_]*");

  private static final String TABLE =
      """
      select c.oid, c.relreplident, c.reltuples
      from pg_publication_tables p
      join pg_namespace n on n.nspname = p.schemaname
      join pg_class c on c.relnamespace = n.oid and c.relname = p.tablename
      where p.pubname = ? and p.schemaname = ? and p.tablename = ?
      """;

  private static final String COLUMNS =
      """
      select a.attname, a.atttypid, a.atttypmod, coalesce(i.indisprimary, false) as key
      from pg_attribute a
      left join pg_index i on i.indrelid = a.attrelid and a.attnum = any (i.indkey)
      where a.attrelid = ?::oid and a.attnum > 0 and not a.attisdropped
      order by a.attnum, i.indexrelid
      """;

  private static final String DISTINCT_COLUMNS =
      """
      select a.attname, a.atttypid, a.atttypmod,
             exists (select from pg_index i where i.indrelid = a.attrelid
                     and a.attnum = any (i.indkey) and i.indisprimary) as key
      from pg_attribute a
      where a.attrelid = ?::oid and a.attnum > 0 and not a.attisdropped
      order by a.attnum
      """;

  /** Finds a table that the publication has, by itself and not as a partition of another. */
  static Optional<SnapshotTable> find(
      Connection connection, ProducerSettings settings, String namespace, String table)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(TABLE)) {
      statement.setString(1, settings.publication());
      statement.setString(2, namespace);
      statement.setString(3, table);
      try (ResultSet rows = statement.executeQuery()) {
        if (!rows.next()) {
          return Optional.empty();
        }
        long oid = rows.getLong(1);
        char replicaIdentity = rows.getString(2).charAt(0);
        long approximateRows = rows.getLong(3);
        boolean repeats = settings.dialect().has(Defect.DUPLICATE_HEADER_FIELDS);
        var columns =
            columns(connection, repeats ? COLUMNS : DISTINCT_COLUMNS, oid, replicaIdentity);
        var relation = new Relation((int) oid, namespace, table, replicaIdentity, columns);
        return Optional.of(new SnapshotTable(relation, approximateRows));
      }
    }
  }

  private static ArrayList<SourceColumn> columns(
      Connection connection, String sql, long oid, char replicaIdentity) throws SQLException {
    var columns = new ArrayList<SourceColumn>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, oid);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          var type = SourceType.of((int) rows.getLong(2), rows.getInt(3));
          boolean key =
              switch (replicaIdentity) {
                case 'f' -> true;
                case 'n' -> false;
                default -> rows.getBoolean(4);
              };
          columns.add(new SourceColumn(rows.getString(1), type, key));
        }
      }
    }
    return columns;
  }

  /** Whether SQL needs quotes for the table's name. */
  boolean needsQuotes() {
    return !PLAIN.matcher(relation.namespace()).matches()
        || !PLAIN.matcher(relation.name()).matches();
  }

  /** A statement that copies the rows out, in the order of the columns. */
  String copy() {
    String columns =
        relation.columns().stream().map(c -> quoted(c.name())).collect(Collectors.joining(", "));
    return "copy (select %s from %s.%s) to stdout"
        .formatted(columns, quoted(relation.namespace()), quoted(relation.name()));
  }

  private static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }
}
