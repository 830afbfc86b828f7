package dev.creek.consumer.testing.workload;

import dev.creek.consumer.testing.PostgresDatabase;
import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * One connection to the source and the transaction that it has open. Connects when it must; a lost
 * connection loses its transaction only.
 */
final class SourceSession implements AutoCloseable {
  /** Nothing here waits for a lock; where it does, that is to be seen. */
  private static final String SETTINGS =
      "set lock_timeout = '20s'; set statement_timeout = '60s'; set timezone = 'UTC';"
          + " set lc_monetary = 'C'; set client_min_messages = error";

  private static final String SAVEPOINT = "savepoint kept";

  private final int number;
  private final PostgresDatabase database;
  private final Claims claims;
  private final List<Runnable> onCommit = new ArrayList<>();
  private @Nullable Connection connection;
  private List<WorkloadTable> tables = List.of();
  private int stepsLeft;
  private boolean savepoint;
  private int actionsAtSavepoint;

  SourceSession(int number, PostgresDatabase database, Claims claims) {
    this.number = number;
    this.database = database;
    this.claims = claims;
  }

  /** From 0; tells apart what sessions must not share. */
  int number() {
    return number;
  }

  boolean inTransaction() {
    return !tables.isEmpty();
  }

  /** What this transaction is about. */
  List<WorkloadTable> tables() {
    return tables;
  }

  boolean hasSavepoint() {
    return savepoint;
  }

  /** Counts down to the transaction's end. */
  boolean isLastStep() {
    return --stepsLeft <= 0;
  }

  /** The next step is the last one. */
  void endNext() {
    stepsLeft = 0;
  }

  void begin(List<WorkloadTable> about, int steps, boolean repeatableRead) throws SQLException {
    if (connection == null) {
      connection = database.connect();
      execute(SETTINGS);
    }
    execute("begin isolation level " + (repeatableRead ? "repeatable read" : "read committed"));
    tables = about;
    stepsLeft = steps;
  }

  void commit() throws SQLException {
    execute("commit");
    List<Runnable> due = List.copyOf(onCommit);
    ended();
    due.forEach(Runnable::run);
  }

  void rollback() throws SQLException {
    execute("rollback");
    ended();
  }

  /** Runs it once this transaction has committed; not if it is rolled back. */
  void onCommit(Runnable action) {
    onCommit.add(action);
  }

  void setSavepoint() throws SQLException {
    execute(savepoint ? "release " + SAVEPOINT + "; " + SAVEPOINT : SAVEPOINT);
    savepoint = true;
    actionsAtSavepoint = onCommit.size();
  }

  /** Where there is none, nothing. */
  void rollbackToSavepoint() throws SQLException {
    if (savepoint) {
      execute("rollback to " + SAVEPOINT);
      onCommit.subList(actionsAtSavepoint, onCommit.size()).clear();
    }
  }

  /** Gives up the connection, and with it the transaction. */
  @Override
  public void close() {
    Connection lost = connection;
    connection = null;
    ended();
    if (lost != null) {
      try {
        lost.close();
      } catch (SQLException e) {
        // It was gone already.
      }
    }
  }

  private void ended() {
    tables = List.of();
    savepoint = false;
    onCommit.clear();
    claims.release(this);
  }

  boolean claim(WorkloadTable table) {
    return claims.claim(this, table.group());
  }

  boolean claim(WorkloadTable table, int id) {
    return claims.claim(this, table.group(), id);
  }

  boolean claimAll(List<WorkloadTable> whole) {
    return claims.claimAll(this, whole.stream().map(WorkloadTable::group).toList());
  }

  void execute(String sql) throws SQLException {
    try (Statement statement = connected().createStatement()) {
      statement.execute(sql);
    }
  }

  /** The one value; null if it is, or if there is no row. */
  @Nullable String value(String sql) throws SQLException {
    try (Statement statement = connected().createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getString(1) : null;
    }
  }

  void copy(String sql, String rows) throws SQLException {
    try {
      connected().unwrap(PGConnection.class).getCopyAPI().copyIn(sql, new StringReader(rows));
    } catch (IOException e) {
      throw new SQLException("COPY: " + e.getMessage(), "08006", e);
    }
  }

  private Connection connected() {
    if (connection == null) {
      throw new IllegalStateException("no transaction has begun");
    }
    return connection;
  }
}
