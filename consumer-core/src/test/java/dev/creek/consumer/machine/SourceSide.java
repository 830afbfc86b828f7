package dev.creek.consumer.machine;

import dev.creek.consumer.testing.PostgresDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The source's database: one session that changes it, and the states that its tables have been in
 * between two transactions.
 */
final class SourceSide implements AutoCloseable {
  private final PostgresDatabase database;
  private final Connection session;
  private final List<TablePlan> tables;
  private final Consumer<String> log;
  private final Map<String, List<Rows>> states = new HashMap<>();

  SourceSide(PostgresDatabase database, List<TablePlan> tables, Consumer<String> log)
      throws SQLException {
    this.database = database;
    this.tables = tables;
    this.log = log;
    List<String> ddl = new ArrayList<>(Kind.types());
    ddl.add("create sequence app.row_ids");
    tables.forEach(table -> ddl.addAll(table.sourceDdl()));
    database.execute(ddl.toArray(String[]::new));
    session = database.connect();
    note();
  }

  PostgresDatabase database() {
    return database;
  }

  /** What is refused is left out of the transaction. */
  void transact(List<Act.Statement> statements) throws SQLException {
    session.setAutoCommit(false);
    try (Statement statement = session.createStatement()) {
      for (Act.Statement one : statements) {
        attempt(statement, one.sql());
      }
      session.commit();
    } finally {
      session.rollback();
      session.setAutoCommit(true);
    }
    note();
  }

  private void attempt(Statement statement, String sql) throws SQLException {
    Savepoint before = session.setSavepoint();
    try {
      statement.execute(sql);
      session.releaseSavepoint(before);
    } catch (SQLException e) {
      log.accept("refused at the source: " + sql + ": " + e.getMessage());
      session.rollback(before);
    }
  }

  /** Each by itself; what is refused is left out. */
  void alter(List<String> statements) throws SQLException {
    for (String sql : statements) {
      try (Statement statement = session.createStatement()) {
        statement.execute(sql);
      } catch (SQLException e) {
        log.accept("refused at the source: " + sql + ": " + e.getMessage());
      }
    }
    note();
  }

  private void note() throws SQLException {
    for (TablePlan table : tables) {
      List<Rows> its = states.computeIfAbsent(table.name(), name -> new ArrayList<>());
      Rows now = rows(table.name());
      if (its.isEmpty() || !its.get(its.size() - 1).equals(now)) {
        its.add(now);
      }
    }
  }

  Rows rows(String table) throws SQLException {
    return Rows.ofSource(session, table);
  }

  /** Newest last. */
  List<Rows> states(String table) {
    return states.get(table);
  }

  /** The numbers of the rows that are there. */
  Set<Integer> rowIds(String table) throws SQLException {
    return rowIds(session, "select %s from %s".formatted(TablePlan.ROW_ID, table));
  }

  static Set<Integer> rowIds(Connection connection, String sql) throws SQLException {
    Set<Integer> ids = new TreeSet<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        ids.add(rows.getInt(1));
      }
    }
    return ids;
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (SQLException e) {
      log.accept("the source's session did not close: " + e.getMessage());
    }
  }
}
