package dev.creek.consumer;

import dev.creek.consumer.GoldenDifferences.Difference;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.testing.GoldenCapture;
import dev.creek.consumer.testing.GoldenTables;
import dev.creek.consumer.testing.PostgresDatabase;
import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/** A database with the source's tables, and beside them what the source had in them in the end. */
final class GoldenTarget {
  /** Tables that the workload made itself, and so are not in {@code ddl.sql}. */
  static final Set<String> MADE_BY_WORKLOAD = Set.of("multi_idx", "renamed_tbl");

  private static final List<String> OTHER_THAN_ON_THE_SOURCE =
      List.of(
          // Each table is applied on its own, so nothing holds between two of them at each commit;
          // and PostgreSQL refuses to truncate the referenced table alone.
          "alter table app.trunc_b drop constraint trunc_b_a_id_fkey",
          // The workload altered it eight times; one target has room for all of its shapes.
          """
          alter table app.evolve
              add c text,
              add renamed text,
              add n text,
              add z timestamptz
          """);

  private final PostgresDatabase database;

  GoldenTarget(PostgresDatabase database) {
    this.database = database;
    database.execute(GoldenCapture.ddl());
    database.execute(OTHER_THAN_ON_THE_SOURCE.toArray(String[]::new));
  }

  /** With patience for a machine that does other things too. */
  String uri() {
    return database.patientUri();
  }

  /**
   * What the tables have too much, and what they lack: nothing where they hold what the source
   * held, but for what {@link GoldenDifferences} allows.
   *
   * @param allowed all of those differences that there must be
   */
  List<String> differences(
      Generation generation, List<SourceTable> tables, List<Difference> allowed)
      throws SQLException, IOException {
    try (var connection = database.connect();
        var statement = connection.createStatement()) {
      statement.execute("create schema expected");
      statement.execute("set search_path = expected");
      loadExpected(connection, generation, tables);
      for (var difference : allowed) {
        if (statement.executeUpdate(difference.sql()) != difference.rows()) {
          throw new AssertionError("not " + difference.rows() + " rows: " + difference.sql());
        }
      }
      var differences = new ArrayList<String>();
      for (var table : tables) {
        differences.addAll(differences(statement, table));
      }
      return differences;
    }
  }

  private static void loadExpected(
      Connection connection, Generation generation, List<SourceTable> tables)
      throws SQLException, IOException {
    Map<String, String> contents = GoldenTables.files(generation);
    var copy = connection.unwrap(PGConnection.class).getCopyAPI();
    try (var statement = connection.createStatement()) {
      for (var table : tables) {
        statement.execute(
            "create table %s (like %s)".formatted(quoted(table.table()), target(table)));
        @Nullable String csv = contents.get(table.namespace() + "." + table.table() + ".csv");
        // Tables that the source dropped or renamed have no contents in the end.
        if (csv != null) {
          String columns =
              Arrays.stream(csv.substring(0, csv.indexOf('\n')).split(","))
                  .map(GoldenTarget::quoted)
                  .collect(Collectors.joining(", "));
          copy.copyIn(
              "copy %s (%s) from stdin (format csv, header)"
                  .formatted(quoted(table.table()), columns),
              new StringReader(csv));
        }
      }
    }
  }

  /**
   * Compares what PostgreSQL prints of whole rows: that tells -0 from 0, 1.0 from 1.00 and blanks
   * of char(n), which equality does not, and works for types without equality.
   */
  private static List<String> differences(Statement statement, SourceTable table)
      throws SQLException {
    var sql =
        """
        with expected as (select whole_row::text as row from %s as whole_row),
             actual as (select whole_row::text as row from %s as whole_row),
             missing as (select row from expected except all select row from actual),
             unexpected as (select row from actual except all select row from expected)
        select 'lacks ' || left(row, 200) from missing
        union all
        select 'has ' || left(row, 200) from unexpected
        limit 10
        """
            .formatted(quoted(table.table()), target(table));
    var differences = new ArrayList<String>();
    try (var rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        differences.add(table + " " + rows.getString(1));
      }
    }
    return differences;
  }

  private static String target(SourceTable table) {
    return quoted(table.namespace()) + "." + quoted(table.table());
  }

  private static String quoted(String name) {
    return '"' + name + '"';
  }
}
