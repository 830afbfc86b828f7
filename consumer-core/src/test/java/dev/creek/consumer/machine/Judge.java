package dev.creek.consumer.machine;

import static dev.creek.consumer.machine.Ingredient.*;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;

/** Says of each table whether it is what the source is, or says that it is not. */
final class Judge {
  /** How long a table may be different before it says so, when nothing more comes. */
  static final Duration PATIENCE = Duration.ofSeconds(12);

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** What leaves a stopped table between two states of its source, by design. */
  private static final Set<Ingredient> MIXES =
      EnumSet.of(
          CLEAN_SNAPSHOT,
          UPSERT_SNAPSHOT,
          OLDER_SNAPSHOT,
          PUBLISHED_AGAIN,
          NO_FIRST_SNAPSHOT,
          TARGET_EMPTIED,
          TARGET_RECREATED,
          TARGET_ROWS_DELETED,
          PURGED_SUBJECT,
          DELETED_MESSAGE,
          COLUMN_ADDED,
          COLUMN_WITH_DEFAULT,
          TYPE_CHANGED,
          KEY_CHANGED,
          IDENTITY_CHANGED,
          SUPPRESSING_TRIGGER);

  /** The target has no key by which rows could be upserted, or not the source's any more. */
  private static final Set<Ingredient> KEYLESS_AT_LAST =
      EnumSet.of(
          MISSING_KEY, PARTIAL_KEY, EXPRESSION_KEY, DEFERRABLE_KEY, KEY_CHANGED, IDENTITY_CHANGED);

  private final CasePlan plan;
  private final SourceSide source;
  private final TargetSide target;
  private final BiPredicate<TablePlan, Standing> settled;
  private final Tags tags;
  private final Map<String, Long> beginnings;
  private final Duration timeout;

  /**
   * @param beginnings up to where each table's changes were in its first snapshot
   */
  Judge(
      CasePlan plan,
      SourceSide source,
      TargetSide target,
      BiPredicate<TablePlan, Standing> settled,
      Tags tags,
      Map<String, Long> beginnings,
      Duration timeout) {
    this.plan = plan;
    this.source = source;
    this.target = target;
    this.settled = settled;
    this.tags = tags;
    this.beginnings = beginnings;
    this.timeout = timeout;
  }

  List<Outcome> judge() throws SQLException {
    List<Outcome> outcomes = new ArrayList<>();
    for (TablePlan table : plan.tables()) {
      outcomes.add(judge(table));
    }
    return outcomes;
  }

  /**
   * Says of a table that was marked whether a clean snapshot has healed it.
   *
   * @return as it was, unless it does not hold the source's rows now, or still says so where its
   *     rows can be told apart
   */
  Outcome resynced(Outcome marked) throws SQLException {
    TablePlan table =
        plan.tables().stream().filter(t -> t.name().equals(marked.table())).findFirst().get();
    if (table.key().isEmpty() || plan.around(table).stream().anyMatch(KEYLESS_AT_LAST::contains)) {
      // All rows are replaced: nobody can say which is which.
      tags.forget(table);
    }
    Outcome now = judge(table);
    boolean keyed = table.key().size() > 0 && !table.has(SUPPRESSING_TRIGGER);
    return now.isViolation() || (now.result() != Outcome.Result.EQUAL && keyed && !plan.alters())
        ? Outcome.violation(
            marked.table(), "behind a clean snapshot: " + now.result() + " " + now.detail())
        : marked;
  }

  /** A difference may be seen a moment before its reason is. */
  private Outcome judge(TablePlan table) throws SQLException {
    long deadline = System.nanoTime() + timeout.toNanos();
    Outcome outcome = look(table);
    while (outcome.isViolation() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(PAUSE_NANOS);
      outcome = look(table);
    }
    return outcome;
  }

  private Outcome look(TablePlan table) throws SQLException {
    String name = table.name();
    Standing standing = target.standings().get(name);
    if (standing == null || !standing.active()) {
      standing = Standing.refused(target.lastStatus(name));
    }
    if (standing.hasStopped()) {
      return ofStopped(table, standing);
    }
    if (!standing.isStreaming() || !settled.test(table, standing)) {
      return violation(table, standing, "neither applied nor stopped");
    }
    String difference = difference(table);
    if (!difference.isEmpty() && !standing.isMarked()) {
      return violation(table, standing, "differs, streams and is unmarked, " + difference);
    }
    if (plan.mustEndEqual(table) && standing.isMarked()) {
      return violation(table, standing, "is marked for no reason");
    }
    if (standing.isMarked()) {
      return new Outcome(name, Outcome.Result.MARKED, standing.incomplete());
    }
    String lost = tags.lost(table);
    return lost.isEmpty()
        ? new Outcome(name, Outcome.Result.EQUAL, "")
        : violation(table, standing, lost);
  }

  private Outcome ofStopped(TablePlan table, Standing standing) throws SQLException {
    if (standing.reason().isBlank() || standing.hint().isBlank()) {
      return violation(table, standing, "stopped without a reason and a hint");
    }
    if (plan.mustEndEqual(table)) {
      return violation(table, standing, "stopped for no reason");
    }
    if (!mixes(table, standing) && !wasSoOnce(table.name())) {
      return violation(
          table,
          standing,
          "stopped with rows that the source never had together, " + difference(table));
    }
    return new Outcome(
        table.name(),
        switch (standing.state()) {
          case "gap" -> Outcome.Result.GAP;
          case "refused" -> Outcome.Result.REFUSED;
          default -> Outcome.Result.FAILED;
        },
        standing.reason());
  }

  private boolean mixes(TablePlan table, Standing standing) {
    return plan.around(table).stream().anyMatch(MIXES::contains)
        || standing.state().equals("refused")
        || standing.isMarked()
        || standing.position() < beginnings.getOrDefault(table.name(), Long.MAX_VALUE);
  }

  private Outcome violation(TablePlan table, Standing standing, String what) {
    return Outcome.violation(table.name(), what + "\n    " + standing);
  }

  /**
   * Empty for none. A column that came to the source, and that neither a change nor a snapshot has
   * carried yet, is nothing that the service could know of.
   */
  private String difference(TablePlan planned) throws SQLException {
    String table = planned.name();
    Rows all = source.rows(table);
    Set<String> atFirst = planned.columnNames();
    try (Connection connection = target.database().connect()) {
      Set<String> columns = Rows.names(Rows.columns(connection, table));
      Set<String> described =
          Rows.names(all.columns()).stream()
              .filter(
                  column ->
                      (columns.contains(column) && atFirst.contains(column))
                          || target.wasTold(table, column))
              .collect(Collectors.toSet());
      Rows there = all.only(described);
      Rows here = Rows.ofTarget(connection, table, there.columns());
      return there.sameAs(here) ? "" : Rows.differences(there, here);
    } catch (SQLException e) {
      return "cannot be compared: " + e.getMessage();
    }
  }

  private boolean wasSoOnce(String table) throws SQLException {
    try (Connection connection = target.database().connect()) {
      Set<String> here = Rows.names(Rows.columns(connection, table));
      for (Rows state : source.states(table)) {
        Rows shared = state.only(here);
        if (shared.sameAs(Rows.ofTarget(connection, table, shared.columns()))) {
          return true;
        }
      }
    } catch (SQLException e) {
      return false;
    }
    return false;
  }
}
