package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
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

  /** The last of all the 64-bit transaction ids that end in the WAL's 32 bits. */
  private static final String VISIBLE =
      """
      select pg_visible_in_snapshot((x - ((x - ?::bigint) & 4294967295))::text::xid8, s)
      from (select s, pg_snapshot_xmax(s)::text::bigint from pg_current_snapshot() s) t (s, x)
      """;

  private static final long VISIBILITY_POLL_NANOS = 200_000;

  private final Connection connection;
  private long visibleTransaction = -1;

  ToastLookup(Source source) throws SQLException {
    this.connection = source.connect();
  }

  /**
   * The new row, complete; empty if there is no such row any more.
   *
   * @throws UnencodableException if its columns are not there any more
   */
  Optional<Tuple> complete(
      Relation relation, @Nullable Tuple before, Tuple after, long transactionId)
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
    if (missing.isEmpty()) {
      return Optional.of(Tuple.of(values));
    }
    awaitVisible(transactionId);
    return read(relation, values, missing) ? Optional.of(Tuple.of(values)) : Optional.empty();
  }

  /** A transaction is in the WAL, and with us, a moment before others see what it did. */
  private void awaitVisible(long transactionId) throws SQLException {
    while (visibleTransaction != transactionId) {
      try (PreparedStatement statement = connection.prepareStatement(VISIBLE)) {
        statement.setLong(1, transactionId);
        try (ResultSet rows = statement.executeQuery()) {
          rows.next();
          if (rows.getBoolean(1)) {
            visibleTransaction = transactionId;
            return;
          }
        }
      }
      LockSupport.parkNanos(VISIBILITY_POLL_NANOS);
    }
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
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      // It is gone, then.
    }
  }

  private static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }
}
