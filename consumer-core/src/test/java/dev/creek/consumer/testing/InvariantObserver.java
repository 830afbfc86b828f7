package dev.creek.consumer.testing;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Looks at what every source transaction keeps, again and again, on a thread of its own: each time
 * in one REPEATABLE READ snapshot of the target, so that a transaction of which only a part is
 * visible is seen. Connects again after outages. Thread-safe.
 */
public final class InvariantObserver implements AutoCloseable {
  /** Leaves the processors to what is observed. */
  private static final Duration PAUSE = Duration.ofMillis(1);

  private static final int EXAMPLES = 3;

  /** Classes of errors of a server that is away, or that ends the session. */
  private static final Set<String> OUTAGES = Set.of("08", "57", "53");

  /** A table that a snapshot replaces while it is looked at, and a wait that became a deadlock. */
  private static final Set<String> REPLACED = Set.of("42P01", "XX000", "40P01", "40001");

  private final PostgresDatabase database;
  private final Invariant invariant;
  private final Thread thread = new Thread(this::run, "invariant-observer");
  private final List<String> examples = new ArrayList<>();
  private long looks;
  private long states;
  private long apart;
  private long broken;
  private @Nullable String state;
  private @Nullable SQLException failure;
  private final long pauseNanos;
  private boolean resting;
  private volatile boolean ended;

  /**
   * What is looked at.
   *
   * @param broken a query that returns a row for each thing that contradicts; none if all is well
   * @param state a query of one value that differs once other transactions are visible
   * @param apart a query of one boolean: true while not all of the tables are applied together, so
   *     that nothing is promised
   */
  public record Invariant(String broken, String state, String apart) {
    /** An invariant that is promised at every moment. */
    public Invariant(String broken, String state) {
      this(broken, state, "select false");
    }

    /**
     * The same, promised only while the positions of these target tables are equal. For tables that
     * are touched by the same transactions.
     */
    public Invariant whileTogether(String... targets) {
      return new Invariant(
          broken,
          state,
          "select count(distinct stream_seq) > 1 from _creek_consumer.subscriptions where target in ('"
              + String.join("', '", targets)
              + "')");
    }
  }

  /**
   * What was seen so far.
   *
   * @param looks snapshots that were read while the invariant was promised
   * @param states how many of them differed from the one before
   * @param apart snapshots that were read while nothing was promised
   * @param broken how many of the looks contradicted
   * @param examples the first of those
   */
  public record Findings(long looks, long states, long apart, long broken, List<String> examples) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%,d looks, %,d of them at something new%s, %s%s",
          looks,
          states,
          apart == 0 ? "" : String.format(Locale.ROOT, ", %,d more while tables were apart", apart),
          broken == 0 ? "never broken" : String.format(Locale.ROOT, "%,d times broken: ", broken),
          broken == 0 ? "" : examples.toString());
    }
  }

  private InvariantObserver(PostgresDatabase database, Invariant invariant, Duration pause) {
    this.database = database;
    this.invariant = invariant;
    this.pauseNanos = pause.toNanos();
    thread.setDaemon(true);
  }

  /** Begins; what the queries read must exist. */
  public static InvariantObserver start(PostgresDatabase database, Invariant invariant) {
    return start(database, invariant, PAUSE);
  }

  /**
   * The same.
   *
   * @param pause between two looks
   */
  public static InvariantObserver start(
      PostgresDatabase database, Invariant invariant, Duration pause) {
    InvariantObserver observer = new InvariantObserver(database, invariant, pause);
    observer.thread.start();
    return observer;
  }

  /** From here on nothing is promised: what is seen counts as apart. */
  public synchronized void rest() {
    resting = true;
  }

  /** From here on the invariant is promised again. Looks that have begun do not count. */
  public synchronized void goOn() {
    resting = false;
  }

  /**
   * What was seen so far.
   *
   * @throws IllegalStateException if it could not look
   */
  public synchronized Findings findings() {
    if (failure != null) {
      throw new IllegalStateException("the observer failed: " + failure.getMessage(), failure);
    }
    return new Findings(looks, states, apart, broken, List.copyOf(examples));
  }

  private void run() {
    while (!ended) {
      try (Connection connection = database.connect()) {
        connection.setAutoCommit(false);
        connection.setReadOnly(true);
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        while (!ended) {
          look(connection);
          LockSupport.parkNanos(pauseNanos);
        }
      } catch (SQLException e) {
        if (!passes(e)) {
          fail(e);
          return;
        }
        LockSupport.parkNanos(pauseNanos);
      }
    }
  }

  private static boolean passes(SQLException e) {
    String sqlState = String.valueOf(e.getSQLState());
    return OUTAGES.contains(sqlState.substring(0, 2)) || REPLACED.contains(sqlState);
  }

  private synchronized void fail(SQLException e) {
    failure = e;
  }

  private void look(Connection connection) throws SQLException {
    boolean rested = isResting();
    try (Statement statement = connection.createStatement()) {
      List<String> contradictions = rows(statement, invariant.broken());
      String now = String.join(" ", rows(statement, invariant.state()));
      boolean promised = rows(statement, invariant.apart()).equals(List.of("f"));
      connection.commit();
      saw(contradictions, now, promised && !rested);
    }
  }

  private synchronized boolean isResting() {
    return resting;
  }

  private synchronized void saw(List<String> contradictions, String now, boolean promised) {
    if (!promised || resting) {
      apart++;
      return;
    }
    looks++;
    if (!now.equals(state)) {
      states++;
      state = now;
    }
    if (!contradictions.isEmpty()) {
      broken++;
      if (examples.size() < EXAMPLES) {
        examples.add("look " + looks + ", at " + now + ": " + contradictions);
      }
    }
  }

  private static List<String> rows(Statement statement, String sql) throws SQLException {
    try (ResultSet rows = statement.executeQuery(sql)) {
      int columns = rows.getMetaData().getColumnCount();
      List<String> texts = new ArrayList<>();
      while (rows.next()) {
        StringBuilder text = new StringBuilder();
        for (int column = 1; column <= columns; column++) {
          text.append(column == 1 ? "" : " ").append(rows.getString(column));
        }
        texts.add(text.toString());
      }
      return texts;
    }
  }

  /** Ends; the findings stay. */
  @Override
  public void close() {
    ended = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
