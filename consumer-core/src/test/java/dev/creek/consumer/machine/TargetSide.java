package dev.creek.consumer.machine;

import dev.creek.consumer.testing.PostgresDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** The target's database, as its users see it. */
final class TargetSide implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(15);

  /** A statement of a hint: what a user would paste. */
  private static final Pattern STATEMENT =
      Pattern.compile(
          "(?im)^\\s*((alter table|create unique index|create index|update|grant|select) .*?);");

  private static final Pattern PLACEHOLDER = Pattern.compile("\\.\\.\\.|…|<[a-z]+>");

  private final PostgresDatabase database;
  private final String sourceDatabase;
  private final Consumer<String> log;
  private boolean marks;
  private @Nullable Connection session;

  TargetSide(PostgresDatabase database, String sourceDatabase, Consumer<String> log) {
    this.database = database;
    this.sourceDatabase = sourceDatabase;
    this.log = log;
  }

  PostgresDatabase database() {
    return database;
  }

  /** Once the control schema is there. */
  void look() {
    marks =
        "1"
            .equals(
                database.value(
                    "select count(*) from information_schema.columns where table_schema = '_creek_consumer' and table_name = 'subscriptions' and column_name = 'incomplete'"));
  }

  String mapping(String table) {
    return sourceDatabase + "." + table + ":" + table;
  }

  /** Each by itself; one that is refused is noted. */
  void attempt(List<String> statements) {
    for (String sql : statements) {
      try (var connection = database.connect();
          var statement = connection.createStatement()) {
        statement.execute(sql);
      } catch (SQLException e) {
        log.accept("refused at the target: " + sql + ": " + e.getMessage());
      }
    }
  }

  /** A function of the control schema that gives a command; it is not waited for. */
  void command(String call) {
    try {
      query("select _creek_consumer." + call);
    } catch (IllegalStateException e) {
      log.accept("refused: " + call + ": " + e.getMessage());
    }
  }

  /** Waits for all commands so far. */
  void awaitCommands() {
    await(
        "the end of commands",
        () ->
            "0"
                .equals(
                    query(
                            "select count(*) from _creek_consumer._notification_log where status in ('queued', 'running')")
                        .get(0)
                        .get(0)));
  }

  /** What became of the newest command about a table. */
  String lastStatus(String table) {
    List<List<String>> rows =
        query(
            "select status from _creek_consumer._notification_log where target = '%s' order by id desc limit 1"
                .formatted(table));
    return rows.isEmpty() ? "none" : rows.get(0).get(0);
  }

  /** True for a column that a change or a snapshot of this table has carried. */
  boolean wasTold(String table, String column) {
    String name = column.startsWith("\"") ? column : '"' + column + '"';
    return !query(
            """
            select from _creek_consumer.schema_cache where source = '%s' and strpos(text, '%s') > 0
            union all
            select from _creek_consumer.known_targets k, unnest(k.columns) as e (entry)
            where k.target = '%s' and quote_ident(substr(entry, strpos(entry, ':') + 1)) = '%s'
            limit 1"""
                .formatted(sourceDatabase + "." + table, name, table, column))
        .isEmpty();
  }

  /** By table. */
  Map<String, Standing> standings() {
    Map<String, Standing> all = new TreeMap<>();
    String incomplete = marks ? "coalesce(incomplete, '')" : "''";
    for (List<String> row :
        query(
            """
            select target, coalesce(state, ''), coalesce(reason, ''), coalesce(hint, ''), %s,
              coalesce(stream_seq, 0), active
            from _creek_consumer.subscriptions"""
                .formatted(incomplete))) {
      all.put(
          row.get(0),
          new Standing(
              row.get(1),
              row.get(2),
              row.get(3),
              row.get(4),
              Long.parseLong(row.get(5)),
              row.get(6).equals("t")));
    }
    return all;
  }

  /** What somebody does who reads a hint and believes it. */
  void follow(String table, Standing standing) {
    List<String> statements =
        STATEMENT
            .matcher(standing.hint())
            .results()
            .map(match -> match.group(1))
            .filter(sql -> !PLACEHOLDER.matcher(sql).find())
            .toList();
    log.accept("follows the hint of " + table + ": " + standing);
    String hint = standing.hint();
    if (hint.contains("create-schemas")) {
      command("create_schema('" + mapping(table) + "')");
      awaitCommands();
    }
    if (hint.contains("resync")) {
      command("resync('" + mapping(table) + "')");
      awaitCommands();
      return;
    }
    if (hint.contains("clean snapshot") || hint.contains("snapshot --mode clean")) {
      command("snapshot('" + mapping(table) + "', 'clean')");
      awaitCommands();
      return;
    }
    attempt(statements);
    attempt(Arrays.asList("select _creek_consumer.resume_table('" + table + "')"));
    awaitCommands();
  }

  /** On a session that is kept: this is asked often. */
  private List<List<String>> query(String sql) {
    try {
      if (session == null) {
        session = database.connect();
      }
      try (Statement statement = session.createStatement();
          ResultSet rows = statement.executeQuery(sql)) {
        List<List<String>> all = new ArrayList<>();
        while (rows.next()) {
          List<String> row = new ArrayList<>();
          for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
            row.add(rows.getString(i));
          }
          all.add(row);
        }
        return all;
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try {
      if (session != null) {
        session.close();
      }
    } catch (SQLException e) {
      log.accept("the target's session did not close: " + e.getMessage());
    }
  }

  static void await(String what, BooleanSupplier condition) {
    Awaitility.await(what)
        .pollInSameThread()
        .pollDelay(Duration.ZERO)
        .pollInterval(POLL)
        .atMost(PATIENCE)
        .until(condition::getAsBoolean);
  }
}
