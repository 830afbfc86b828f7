package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds the TOASTed values that an update left unchanged, which PostgreSQL does not send.
 *
 * <p>With REPLICA IDENTITY FULL the old row has them. Else they are read from the row as it is now,
 * by its key: perhaps a later version's values. That is sound at rest, since the change that made
 * the later version comes later in the WAL, and carries its values. If the row is not there any
 * more, then what took it away – a delete, a truncate, or a change of its key, which carries the
 * whole row – also comes later.
 */
final class ToastLookup implements AutoCloseable {
  private static final String UNDEFINED_COLUMN = "42703";

  private final Connection connection;

  ToastLookup(Source source) throws SQLException {
    this.connection = source.connect();
  }

  /**
   * The new row, complete; empty if there is no such row any more.
   *
   * @throws UnencodableException if its columns are not there any more
   */
  Optional<Tuple> complete(Relation relation, @Nullable Tuple before, Tuple after)
      throws SQLException, UnencodableException {
    byte[][] values = new byte[after.columns()][];
    List<Integer> missing = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      if (!after.isUnchanged(i)) {
        values[i] = after.value(i);
      } else if (before != null && !before.isNull(i)) {
        values[i] = before.value(i); // unchanged, so it is not a NULL that was, either
      } else {
        missing.add(i);
      }
    }
    if (missing.isEmpty() || read(relation, values, missing)) {
      return Optional.of(Tuple.of(values));
    }
    return Optional.empty();
  }

  /** Whether there was such a row; fills in what was missing. */
  private boolean read(Relation relation, byte[][] values, List<Integer> missing)
      throws SQLException, UnencodableException {
    String table = currentName(relation);
    if (table == null) {
      return false;
    }
    List<Integer> keys = relation.keyColumns();
    if (keys.stream().anyMatch(missing::contains)) {
      throw new UnencodableException("an unchanged TOASTed key that the WAL does not carry");
    }
    try (PreparedStatement statement =
        connection.prepareStatement(query(relation.columns(), table, keys, missing))) {
      for (int i = 0; i < keys.size(); i++) {
        statement.setString(i + 1, new String(values[keys.get(i)], UTF_8));
      }
      try (ResultSet rows = statement.executeQuery()) {
        if (!rows.next()) {
          return false;
        }
        for (int i = 0; i < missing.size(); i++) {
          String value = rows.getString(i + 1);
          values[missing.get(i)] = value == null ? null : value.getBytes(UTF_8);
        }
        return true;
      }
    } catch (SQLException e) {
      if (UNDEFINED_COLUMN.equals(e.getSQLState())) {
        throw new UnencodableException("an unchanged TOASTed value in a column that is gone");
      }
      throw e;
    }
  }

  private static String query(
      List<SourceColumn> columns, String table, List<Integer> keys, List<Integer> missing) {
    // The output function's text and not a cast's: that is what the WAL has, too.
    String values =
        missing.stream()
            .map(i -> quoted(columns.get(i).name()))
            .map(c -> "case when " + c + " is not null then format('%s', " + c + ") end")
            .collect(Collectors.joining(", "));
    String condition =
        keys.stream()
            .map(i -> quoted(columns.get(i).name()) + " = ?")
            .collect(Collectors.joining(" and "));
    return "select " + values + " from " + table + " where " + condition;
  }

  /** The table may have been renamed since; null if it has been dropped. */
  private @Nullable String currentName(Relation relation) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "select format('%I.%I', n.nspname, c.relname) from pg_class c"
                + " join pg_namespace n on n.oid = c.relnamespace where c.oid = ?::oid")) {
      statement.setLong(1, Integer.toUnsignedLong(relation.oid()));
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next() ? rows.getString(1) : null;
      }
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }

  private static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }
}
