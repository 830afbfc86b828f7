package dev.creek.consumer.testing.producer;

import dev.creek.consumer.testing.GoldenCapture;
import dev.creek.consumer.testing.PostgresDatabase;
import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.postgresql.PGConnection;

/** Does to a database what was done to the real producer's while it was captured. */
final class GoldenWorkload implements AutoCloseable {
  /** Not in the publication from the start; most are added in w5 and w6. */
  private static final Set<String> ADDED_LATER =
      Set.of(
          "late_app",
          "CamelCase",
          "order",
          "orders",
          "order_lines",
          "with space",
          "dot.name",
          "ünïcode",
          "dash-name",
          "1digit",
          "star*gt>");

  private final PostgresDatabase database;
  private final Connection connection;

  /** Creates the tables, the publication, and the functions of the real producer. */
  GoldenWorkload(PostgresDatabase database) throws SQLException {
    this.database = database;
    this.connection = database.connect();
    run(GoldenCapture.ddl());
    run(
        """
        create schema _creek;
        create function _creek.add_table(pub text, tbl regclass) returns void language plpgsql as
        $$ begin execute 'alter publication ' || quote_ident(pub) || ' add table ' || tbl; end; $$;
        create function _creek.remove_table(pub text, tbl regclass) returns void language plpgsql as
        $$ begin execute 'alter publication ' || quote_ident(pub) || ' drop table ' || tbl; end; $$;
        create publication creek_pub with (publish_via_partition_root = true);
        alter publication creek_pub add table public.pubtab, %s;
        """
            .formatted(tablesOfTheStart()));
  }

  private String tablesOfTheStart() {
    return database
        .query(
            "select relname from pg_class where relnamespace = 'app'::regnamespace"
                + " and relkind in ('r', 'p') and not relispartition order by oid")
        .stream()
        .map(row -> row.get(0))
        .filter(name -> !ADDED_LATER.contains(name))
        .map(name -> "app.\"" + name.replace("\"", "\"\"") + '"')
        .collect(Collectors.joining(", "));
  }

  /** Runs one of the files of the workload, {@code w1} for example, on a connection of its own. */
  List<String> file(String name) throws SQLException {
    // What the clocks of Amsterdam showed in 1582 depends on how the server's tzdata was built.
    String script =
        SqlScript.resource("/golden/" + name + ".sql")
            .replace("'1582-10-04 00:00:00'),(6", "'1582-10-04 00:00:00+00:19:32'),(6");
    try (Connection own = database.connect()) {
      return SqlScript.run(own, script);
    }
  }

  List<String> run(String script) throws SQLException {
    return SqlScript.run(connection, script);
  }

  /** What {@code w3b.sql} does with psql's own command. */
  void copy() throws SQLException, IOException {
    String rows =
        IntStream.rangeClosed(1001, 1200)
            .mapToObj(i -> i + "\tcopied " + i + '\n')
            .collect(Collectors.joining());
    connection
        .unwrap(PGConnection.class)
        .getCopyAPI()
        .copyIn("copy app.copied from stdin", new StringReader(rows));
  }

  /** Two transactions at once, of which the first to begin is the last to commit. */
  void interleaved() throws SQLException {
    try (Connection first = database.connect();
        Connection second = database.connect()) {
      SqlScript.run(first, "BEGIN; INSERT INTO app.inter VALUES (1,'A',1)");
      SqlScript.run(second, "BEGIN; INSERT INTO app.inter VALUES (2,'B',1)");
      SqlScript.run(first, "INSERT INTO app.inter VALUES (3,'A',2)");
      SqlScript.run(second, "INSERT INTO app.inter VALUES (4,'B',2)");
      SqlScript.run(first, "INSERT INTO app.inter2 VALUES (1,'A',2)");
      SqlScript.run(second, "INSERT INTO app.inter2 VALUES (2,'B',2); COMMIT");
      SqlScript.run(
          first,
          "INSERT INTO app.inter VALUES (5,'A',3);"
              + " UPDATE app.inter SET n=99 WHERE id=2; UPDATE app.inter SET n=98 WHERE id=1");
      // Its commit lies behind all that the first has done: on the NEW wire one LSN for all of it.
      SqlScript.run(second, "INSERT INTO app.inter VALUES (6,'B2',1)");
      SqlScript.run(first, "COMMIT");
    }
  }

  /** A row of a table of big texts; those of the capture lie around the limit of a packet. */
  void big(int id, String body) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO app.bigmsg VALUES (?, ?)")) {
      insert.setInt(1, id);
      insert.setString(2, body);
      insert.executeUpdate();
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
