package dev.creek.consumer.testing;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** One database of a {@link PostgresServer}; each call opens a connection of its own. */
public final class PostgresDatabase {

  private final PostgresServer server;
  private final String name;

  PostgresDatabase(PostgresServer server, String name) {
    this.server = server;
    this.name = name;
  }

  public PostgresServer server() {
    return server;
  }

  public String name() {
    return name;
  }

  /** {@code postgres://user:password@host:port/name}. */
  public String uri() {
    return server.uri(name);
  }

  /**
   * The same for who has time: on a machine that does other work as well, the first connection of a
   * new process may take longer than is usual.
   */
  public String patientUri() {
    return uri() + "?connect_timeout=60";
  }

  public String jdbcUrl() {
    return server.jdbcUrl(name);
  }

  /** A new pgjdbc connection, for what the two methods below do not do; the caller closes it. */
  public Connection connect() throws SQLException {
    return DriverManager.getConnection(jdbcUrl(), new Properties());
  }

  /** Runs each statement in a transaction of its own, all on one connection. */
  public void execute(String... sql) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String text : sql) {
        statement.execute(text);
      }
    } catch (SQLException e) {
      throw failed(String.join("; ", sql), e);
    }
  }

  /** The rows of a query, each value as PostgreSQL writes it; null for a null. */
  public List<List<@Nullable String>> query(String sql) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      int columns = rows.getMetaData().getColumnCount();
      List<List<@Nullable String>> result = new ArrayList<>();
      while (rows.next()) {
        List<@Nullable String> row = new ArrayList<>(columns);
        for (int column = 1; column <= columns; column++) {
          row.add(rows.getString(column));
        }
        result.add(row);
      }
      return result;
    } catch (SQLException e) {
      throw failed(sql, e);
    }
  }

  /** The one value of a query that has one row with one column. */
  public @Nullable String value(String sql) {
    List<List<@Nullable String>> rows = query(sql);
    if (rows.size() != 1 || rows.get(0).size() != 1) {
      throw new IllegalStateException("not one value: " + sql + " gave " + rows);
    }
    return rows.get(0).get(0);
  }

  /** Removes the database, with its connections. PostgreSQL 13 and later can. */
  public void drop() {
    server.execute("postgres", "drop database if exists \"" + name + "\" with (force)");
  }

  @Override
  public String toString() {
    return name + " of " + server;
  }

  /** A syntax error needs the statement; a refused connection needs the server's log. */
  private IllegalStateException failed(String sql, SQLException cause) {
    String sqlState = String.valueOf(cause.getSQLState());
    String detail =
        sqlState.startsWith("08") || sqlState.startsWith("57") ? "%n" + server.logTail() : "";
    return new IllegalStateException(
        "%s [%s] in %s: %s%s"
            .formatted(cause.getMessage(), sqlState, this, sql, detail.replace("%n", "\n")),
        cause);
  }
}
