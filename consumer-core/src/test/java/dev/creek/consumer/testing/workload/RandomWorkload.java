package dev.creek.consumer.testing.workload;

import static dev.creek.consumer.testing.workload.WorkloadTable.May.CHANGE_KEY;
import static dev.creek.consumer.testing.workload.WorkloadTable.May.DELETE;
import static dev.creek.consumer.testing.workload.WorkloadTable.May.EVOLVE;
import static dev.creek.consumer.testing.workload.WorkloadTable.May.TRUNCATE;
import static dev.creek.consumer.testing.workload.WorkloadTable.May.UPDATE;

import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.TableComparison;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Random transactions on a source database: inserts, updates, changes and swaps of keys and of
 * unique values, deletes, keys that come back, COPY, TRUNCATE, savepoints and rollbacks, long
 * transactions between short ones, row moves between partitions, ALTER TABLE; on tables of every
 * replica identity, with every type, with TOASTed values.
 *
 * <p><b>Reproducible</b>: one thread drives all sessions and sees to it that none waits for
 * another's lock, so the same seed does the same to the same tables, on any version of PostgreSQL.
 * Servers that go away in between change what happens, of course: a lost connection loses its
 * transaction, and the workload goes on when the source is back.
 *
 * <pre>{@code
 * RandomWorkload workload = RandomWorkload.of(source, seed).follow(target).build();
 * workload.createSource();
 * workload.createTarget(target);
 * // start a producer of workload.tables(), and what applies its changes
 * workload.run(500);
 * workload.finish();
 * // wait for the tail
 * workload.comparison(target).awaitEqual(Duration.ofSeconds(30));
 * }</pre>
 *
 * <p>Not thread-safe.
 */
public final class RandomWorkload implements AutoCloseable {
  private static final int SESSIONS = 4;

  /** The first session's transactions are long; the others commit meanwhile. */
  private static final int LONG_STEPS = 80;

  private static final int SHORT_STEPS = 8;
  private static final int MAX_TABLES = 4;
  private static final int ROLLBACK_PERCENT = 12;
  private static final Duration OUTAGE_PAUSE = Duration.ofMillis(50);

  /** What a transaction may run into: serialization, deadlock, lock timeout, taken values. */
  private static final Set<String> GIVEN_UP = Set.of("40001", "40P01", "55P03", "23505");

  private final PostgresDatabase source;
  private final Random random;
  private final List<WorkloadTable> tables;
  private final List<SourceSession> sessions;
  private final Follower follower;
  private final TableActs tableActs;
  private final List<Act> acts;
  private long committed;
  private long rolledBack;
  private boolean uncertain;

  private interface Doing {
    void to(SourceSession session, WorkloadTable table) throws SQLException;
  }

  private record Act(int weight, Predicate<WorkloadTable> possible, Doing doing) {}

  private RandomWorkload(Builder builder) {
    this.source = builder.source;
    this.random = new Random(builder.seed);
    this.tables = WorkloadTables.all().stream().filter(builder.only).toList();
    Claims claims = new Claims();
    this.sessions =
        IntStream.range(0, SESSIONS).mapToObj(i -> new SourceSession(i, source, claims)).toList();
    this.follower = new Follower(builder.target);
    this.tableActs = new TableActs(random, follower);
    this.acts = acts(new RowActs(random), tableActs, builder.truncates);
  }

  private static List<Act> acts(RowActs rows, TableActs whole, boolean truncates) {
    Predicate<WorkloadTable> any = table -> true;
    Predicate<WorkloadTable> updatable = table -> table.may(UPDATE);
    Predicate<WorkloadTable> marked = WorkloadTable::isMarked;
    return List.of(
        new Act(40, any, rows::insert),
        new Act(36, updatable, rows::update),
        new Act(4, updatable, rows::touch),
        new Act(16, table -> table.may(DELETE), rows::delete),
        new Act(8, table -> table.may(DELETE), rows::replace),
        new Act(10, table -> table.may(CHANGE_KEY), rows::changeKey),
        new Act(5, table -> table.may(CHANGE_KEY), rows::swapKeys),
        new Act(12, marked, rows::swapMarks),
        new Act(12, marked, rows::moveMark),
        new Act(6, any, rows::copy),
        new Act(2, any, rows::insertBulk),
        new Act(3, table -> truncates && table.may(TRUNCATE), whole::truncate),
        new Act(2, table -> table.may(EVOLVE), whole::addColumn),
        new Act(1, table -> table.may(EVOLVE), whole::dropColumn),
        new Act(8, any, (session, table) -> session.setSavepoint()),
        new Act(5, any, (session, table) -> session.rollbackToSavepoint()));
  }

  public static Builder of(PostgresDatabase source, long seed) {
    return new Builder(source, seed);
  }

  /** Creates the tables, in schema {@code app}. */
  public void createSource() {
    List<String> ddl = new ArrayList<>(WorkloadTables.before());
    ddl.add("create sequence app.versions");
    ddl.add("create sequence app.marks");
    tables.forEach(table -> ddl.addAll(table.sourceDdl()));
    source.execute(ddl.toArray(String[]::new));
  }

  /** Creates tables that take what the source's hold: the same, without foreign keys. */
  public void createTarget(PostgresDatabase target) {
    List<String> ddl = new ArrayList<>(WorkloadTables.before());
    tables.forEach(table -> ddl.addAll(table.targetDdl()));
    target.execute(ddl.toArray(String[]::new));
  }

  /**
   * Gives each table that has a key so many rows more, which then stay as they are, TRUNCATE aside:
   * something to read for whoever copies a table meanwhile.
   */
  public void fill(int rows) {
    RowActs acts = new RowActs(random);
    source.execute(
        tables.stream().flatMap(table -> acts.still(table, rows)).toArray(String[]::new));
  }

  /** All tables with their schema, as SQL takes them, partitions aside. */
  public List<String> tables() {
    return tables.stream().map(WorkloadTable::name).toList();
  }

  /** Those whose rows have a version that no other change has: what {@link EffectLog} can watch. */
  public List<String> versionedTables() {
    return tables.stream().filter(WorkloadTable::isVersioned).map(WorkloadTable::name).toList();
  }

  /** Those of them that have no key and take inserts only: each shows at the target. */
  public List<String> insertOnlyTables() {
    return tables.stream()
        .filter(table -> table.isVersioned() && table.key().isEmpty())
        .map(WorkloadTable::name)
        .toList();
  }

  public TableComparison comparison(PostgresDatabase target) {
    return TableComparison.of(source, target).tables(tables());
  }

  /** Works until so many transactions more have been committed; others are open then. */
  public void run(int transactions) {
    for (long due = committed + transactions; committed < due; ) {
      step();
    }
  }

  /** Ends all transactions, and alters what has still to follow at the target. */
  public void finish() {
    for (SourceSession session : sessions) {
      attempt(session, this::end);
    }
    follower.finish();
  }

  /** Transactions committed so far. */
  public long committed() {
    return committed;
  }

  /** Transactions rolled back or lost so far. */
  public long rolledBack() {
    return rolledBack;
  }

  /** Ends all connections; what is open is rolled back. */
  @Override
  public void close() {
    sessions.forEach(SourceSession::close);
  }

  /** One thing in one session. */
  void step() {
    follower.step();
    attempt(sessions.get(random.nextInt(sessions.size())), this::step);
  }

  private void step(SourceSession session) throws SQLException {
    if (!session.inTransaction()) {
      begin(session);
    } else if (session.isLastStep()) {
      end(session);
    } else {
      act(session);
    }
  }

  private interface Attempt {
    void in(SourceSession session) throws SQLException;
  }

  private void attempt(SourceSession session, Attempt attempt) {
    try {
      attempt.in(session);
    } catch (SQLException e) {
      rolledBack++;
      String state = String.valueOf(e.getSQLState());
      if (state.startsWith("08") || state.startsWith("57")) {
        uncertain = true;
        session.close();
        LockSupport.parkNanos(OUTAGE_PAUSE.toNanos());
      } else if (GIVEN_UP.contains(state)) {
        attempt(session, SourceSession::rollback);
      } else {
        throw new IllegalStateException(e.getMessage() + " [" + state + "]", e);
      }
    }
  }

  private void begin(SourceSession session) throws SQLException {
    List<WorkloadTable> about = new ArrayList<>(tables);
    Collections.shuffle(about, random);
    int steps = 1 + random.nextInt(session.number() == 0 ? LONG_STEPS : SHORT_STEPS);
    session.begin(
        about.subList(0, Math.min(about.size(), 1 + random.nextInt(MAX_TABLES))),
        steps,
        random.nextInt(4) == 0);
    if (uncertain) {
      uncertain = false;
      tableActs.reload(session);
    }
  }

  private void end(SourceSession session) throws SQLException {
    if (!session.inTransaction()) {
      return;
    }
    if (random.nextInt(100) < ROLLBACK_PERCENT) {
      session.rollback();
      rolledBack++;
    } else {
      session.commit();
      committed++;
    }
  }

  private void act(SourceSession session) throws SQLException {
    WorkloadTable table = session.tables().get(random.nextInt(session.tables().size()));
    List<Act> possible = acts.stream().filter(act -> act.possible().test(table)).toList();
    int ticket = random.nextInt(possible.stream().mapToInt(Act::weight).sum());
    for (Act act : possible) {
      ticket -= act.weight();
      if (ticket < 0) {
        act.doing().to(session, table);
        return;
      }
    }
  }

  /** What a workload is to be like. */
  public static final class Builder {
    private final PostgresDatabase source;
    private final long seed;
    private @Nullable PostgresDatabase target;
    private Predicate<WorkloadTable> only = table -> true;
    private boolean truncates = true;

    private Builder(PostgresDatabase source, long seed) {
      this.source = source;
      this.seed = seed;
    }

    /**
     * Lets the source's tables get new columns, which the target gets a moment before or a while
     * after. Without it they do not.
     */
    public Builder follow(PostgresDatabase database) {
      this.target = database;
      return this;
    }

    /** Leaves out tables whose rows nothing tells apart but their values. */
    public Builder onlyWithKey() {
      this.only = table -> !table.key().isEmpty();
      return this;
    }

    /** Never empties a table. */
    public Builder withoutTruncate() {
      this.truncates = false;
      return this;
    }

    /** Only tables without a key that take nothing but inserts, and are emptied now and then. */
    public Builder onlyInserts() {
      this.only = table -> table.key().isEmpty() && !table.may(UPDATE);
      return this;
    }

    public RandomWorkload build() {
      return new RandomWorkload(this);
    }
  }
}
