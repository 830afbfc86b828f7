package dev.creek.consumer.postgres.schema;

import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.postgres.session.Refusal;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.stream.TargetAlteredException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import reactor.core.publisher.Mono;

/**
 * Statements that alter a table in use. Everybody who comes after a statement that waits for its
 * lock waits behind it, so it waits for a moment only; the caller tries it again later.
 */
public final class Alteration {
  /** How long others may wait behind it. */
  private static final String LOCK_TIMEOUT = "1s";

  /**
   * Errors that pass by themselves: connection, rollback, resources, operator intervention, system;
   * and locks that are not free.
   */
  private static final Set<String> PASSING_CLASSES = Set.of("08", "28", "40", "53", "57", "58");

  private static final Set<String> PASSING_STATES = Set.of("55P03", "55006", "25006");

  private static final String DUPLICATE_COLUMN = "42701";

  private Alteration() {}

  /**
   * Runs statements in the session's open transaction. Later statements of the transaction wait for
   * locks as long as they did before.
   *
   * @param what the table
   * @param statements as they would be typed, each with its semicolon
   * @param differences those that the statements end, for the error
   * @return errors with {@link ShapeMismatchException} if the server refuses the statements, and
   *     its hint are they; with the driver's error if that passes
   */
  public static Mono<Void> run(
      Session session, String what, List<String> statements, List<SchemaDifference> differences) {
    return session
        .query(
            "select current_setting('lock_timeout')",
            statement -> {},
            row -> String.valueOf(row.get(0, String.class)))
        .single()
        .flatMap(
            usual ->
                session
                    .unhurried()
                    // Deferred checks of earlier rows that wait for the commit forbid to alter it.
                    .then(session.execute("set constraints all immediate"))
                    .then(lockTimeout(session, LOCK_TIMEOUT))
                    .then(session.execute(String.join("\n", joined(what, statements))))
                    .then(Mono.defer(() -> lockTimeout(session, usual))))
        .onErrorMap(e -> refused(e, what, differences));
  }

  /**
   * The same, with statements for the table that follow one another as one: PostgreSQL writes rows
   * anew only once for it. Renaming is a statement of its own.
   *
   * @param table its name as SQL
   */
  static List<String> joined(String table, List<String> statements) {
    String prefix = "ALTER TABLE " + table + " ";
    var joined = new ArrayList<String>();
    boolean mayJoin = false;
    for (String statement : statements) {
      boolean acts =
          statement.startsWith(prefix) && !statement.startsWith("RENAME ", prefix.length());
      if (acts && mayJoin) {
        int last = joined.size() - 1;
        String before = joined.get(last);
        joined.set(
            last,
            before.substring(0, before.length() - 1) + ", " + statement.substring(prefix.length()));
      } else {
        joined.add(statement);
      }
      mayJoin = acts && statement.endsWith(";");
    }
    return joined;
  }

  private static Mono<Void> lockTimeout(Session session, String limit) {
    return session
        .query(
            "select set_config('lock_timeout', $1, true)",
            statement -> statement.bind(0, limit),
            row -> true)
        .then();
  }

  private static Throwable refused(
      Throwable error, String what, List<SchemaDifference> differences) {
    Refusal refusal = SqlErrors.refusal(error);
    String state = refusal == null ? "" : refusal.sqlState();
    if (refusal == null
        || PASSING_CLASSES.contains(state.substring(0, 2))
        || PASSING_STATES.contains(state)) {
      return error;
    }
    if (state.equals(DUPLICATE_COLUMN)) {
      return new TargetAlteredException(what + " has just been altered by another program");
    }
    var reasons = new ArrayList<String>();
    differences.forEach(difference -> reasons.add(difference.reason()));
    return new ShapeMismatchException(
        "%s does not fit the source: %s; the target refused to be altered: %s (SQLSTATE %s)"
            .formatted(what, String.join("; ", reasons), refusal.message(), state),
        differences);
  }
}
