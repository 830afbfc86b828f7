package dev.creek.consumer.testing;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Compares tables of two databases by content, whatever their versions are.
 *
 * <p>A row is what PostgreSQL writes for its values, in sessions with the same settings; json and
 * jsonb count as equal when jsonb finds them equal. The source's columns are compared, generated
 * ones aside; the target may have more. A table is a multiset of rows: order does not matter,
 * duplicates do. Each side is read in one transaction, all tables of it as of one moment.
 *
 * <p>Each server boils its tables down to a checksum; only where these differ are rows read and
 * held against each other. Rows pass through one at a time, so tables may be of any size.
 */
public final class TableComparison {

  /** A transaction that truncates several tables meets one that reads them in another order. */
  private static final String DEADLOCK = "40P01";

  private static final int MAX_ATTEMPTS = 5;

  private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);

  private final PostgresDatabase source;
  private final PostgresDatabase target;
  private final List<Pair> pairs = new ArrayList<>();

  private record Pair(String source, String target) {}

  private TableComparison(PostgresDatabase source, PostgresDatabase target) {
    this.source = source;
    this.target = target;
  }

  public static TableComparison of(PostgresDatabase source, PostgresDatabase target) {
    return new TableComparison(source, target);
  }

  /**
   * Adds a table.
   *
   * @param sourceName as written in SQL, qualified: {@code app."Order"}
   * @param targetName the same
   */
  public TableComparison table(String sourceName, String targetName) {
    pairs.add(new Pair(sourceName, targetName));
    return this;
  }

  /** Adds tables that are called the same on both sides. */
  public TableComparison tables(Iterable<String> names) {
    names.forEach(name -> table(name, name));
    return this;
  }

  /** Compares now: one result for each table, in the order in which they were added. */
  public List<ComparedTable> run() {
    for (int attempt = 1; ; attempt++) {
      try {
        return attempt();
      } catch (SQLException e) {
        if (!DEADLOCK.equals(e.getSQLState()) || attempt == MAX_ATTEMPTS) {
          throw new IllegalStateException("could not compare " + source + " with " + target, e);
        }
      }
    }
  }

  private List<ComparedTable> attempt() throws SQLException {
    try (Connection ofSource = open(source);
        Connection ofTarget = open(target)) {
      List<ComparedTable> results = new ArrayList<>();
      for (Pair pair : pairs) {
        TableReader reader = TableReader.of(ofSource, pair.source(), ofTarget, pair.target());
        results.add(reader.compare());
      }
      return results;
    }
  }

  /**
   * Compares until all tables are equal.
   *
   * @throws AssertionError if they still differ when the target has stood still for {@code timeout}
   */
  public void awaitEqual(Duration timeout) {
    List<ComparedTable> last = awaitSettled(timeout);
    if (!allEqual(last)) {
      throw new AssertionError(last.stream().filter(table -> !table.equal()).toList().toString());
    }
  }

  /**
   * Compares until all tables are equal, or until the target has stood still for {@code timeout}.
   *
   * @return the last results, which the caller must look at
   */
  public List<ComparedTable> awaitSettled(Duration timeout) {
    List<ComparedTable> last = run();
    Duration pause = FIRST_PAUSE;
    long movedAt = System.nanoTime();
    while (!allEqual(last) && System.nanoTime() - movedAt < timeout.toNanos()) {
      sleep(pause);
      pause = shorter(pause.multipliedBy(2), LONGEST_PAUSE);
      List<ComparedTable> now = run();
      if (!targets(now).equals(targets(last))) {
        movedAt = System.nanoTime();
      }
      last = now;
    }
    return last;
  }

  public static boolean allEqual(List<ComparedTable> results) {
    return results.stream().allMatch(ComparedTable::equal);
  }

  private static List<Checksum> targets(List<ComparedTable> results) {
    return results.stream().map(ComparedTable::target).toList();
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private static Connection open(PostgresDatabase database) throws SQLException {
    Connection connection = database.connect();
    try (Statement statement = connection.createStatement()) {
      statement.execute("set datestyle = 'ISO, YMD'");
      statement.execute("set intervalstyle = 'postgres'");
      statement.execute("set timezone = 'UTC'");
      statement.execute("set extra_float_digits = 1");
      statement.execute("set bytea_output = 'hex'");
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      connection.setReadOnly(true);
      connection.setAutoCommit(false);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private static void sleep(Duration pause) {
    try {
      TimeUnit.NANOSECONDS.sleep(pause.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while comparing", e);
    }
  }
}
