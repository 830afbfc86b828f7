package dev.creek.consumer.testing;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collections;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;

/** Calls the control schema's functions as a user's session does. */
public final class SqlCall {
  private final PostgresDatabase database;
  private final Properties login = new Properties();

  private SqlCall(PostgresDatabase database) {
    this.database = database;
  }

  public static SqlCall of(PostgresDatabase database) {
    return new SqlCall(database);
  }

  public static SqlCall of(PostgresDatabase database, String role, String password) {
    var call = new SqlCall(database);
    call.login.setProperty("user", role);
    call.login.setProperty("password", password);
    return call;
  }

  public Connection connect() throws SQLException {
    String url = database.jdbcUrl();
    return login.isEmpty()
        ? database.connect()
        : DriverManager.getConnection(url.replaceFirst("\\?.*", ""), login);
  }

  /** The function's result as text. */
  public @Nullable String call(String function, @Nullable Object... arguments) throws SQLException {
    try (Connection connection = connect()) {
      return call(connection, function, arguments);
    }
  }

  public static @Nullable String call(
      Connection connection, String function, @Nullable Object... arguments) throws SQLException {
    String places = String.join(", ", Collections.nCopies(arguments.length, "?"));
    try (PreparedStatement statement =
        connection.prepareStatement("select _creek_consumer." + function + "(" + places + ")")) {
      for (int i = 0; i < arguments.length; i++) {
        statement.setObject(i + 1, arguments[i]);
      }
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        return rows.getString(1);
      }
    }
  }

  public long id(String function, @Nullable Object... arguments) throws SQLException {
    return Long.parseLong(String.valueOf(call(function, arguments)));
  }

  /** What the function says to bad arguments. */
  public Refusal refusal(String function, @Nullable Object... arguments) throws SQLException {
    try {
      String result = call(function, arguments);
      throw new AssertionError(function + " accepted it: " + result);
    } catch (PSQLException e) {
      var described = e.getServerErrorMessage();
      if (described == null) {
        throw e;
      }
      return new Refusal(
          String.valueOf(described.getSQLState()),
          String.valueOf(described.getMessage()),
          String.valueOf(described.getHint()));
    }
  }

  public record Refusal(String sqlState, String message, String hint) {}
}
