package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Runs a script as psql does: statement by statement, each by itself unless it says BEGIN. */
final class SqlScript {
  private final String text;
  private int at;

  private SqlScript(String text) {
    this.text = text;
  }

  static String resource(String path) {
    try (var in = SqlScript.class.getResourceAsStream(path)) {
      return new String(Objects.requireNonNull(in, path).readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs all statements on one connection and goes on after errors, whose SQLSTATEs it returns. */
  static List<String> run(Connection connection, String text) throws SQLException {
    var errors = new ArrayList<String>();
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements(text)) {
        try {
          statement.execute(sql);
        } catch (SQLException e) {
          errors.add(e.getSQLState());
        }
      }
    }
    return errors;
  }

  static List<String> statements(String text) {
    var script = new SqlScript(text);
    var statements = new ArrayList<String>();
    int start = 0;
    while (script.at < text.length()) {
      if (text.charAt(script.at) == ';') {
        statements.add(text.substring(start, script.at).strip());
        start = ++script.at;
      } else {
        script.skip();
      }
    }
    statements.add(text.substring(start).strip());
    statements.removeIf(s -> s.lines().allMatch(l -> l.isBlank() || l.startsWith("--")));
    return statements;
  }

  /** Skips what may hold a semicolon that ends nothing, else one character. */
  private void skip() {
    if (text.startsWith("--", at)) {
      until("\n", at);
    } else if (text.startsWith("$$", at)) {
      until("$$", at + 2);
    } else if (text.charAt(at) == '\'' || text.charAt(at) == '"') {
      until(text.substring(at, at + 1), at + 1);
    } else {
      at++;
    }
  }

  private void until(String end, int from) {
    int found = text.indexOf(end, from);
    at = found < 0 ? text.length() : found + end.length();
  }
}
