package dev.creek.consumer.stream;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.text.ErrorWords;
import dev.creek.consumer.text.Remedy;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

/**
 * The one table of errors, ordered by the next action. An unknown error stops the table. Source of
 * the states: PostgreSQL's appendix "Error Codes".
 */
public final class FailurePolicy {
  /**
   * Connection, transaction rollback (deadlock, serialization), insufficient resources, operator
   * intervention, system error.
   */
  private static final Set<String> PASSING_CLASSES = Set.of("08", "28", "40", "53", "57", "58");

  /** Lock not available, object in use; read-only transaction, as on a standby after a failover. */
  private static final Set<String> PASSING_STATES = Set.of("55P03", "55006", "25006");

  /**
   * Foreign key: the referenced row comes with another table's pipeline. Unique, exclusion: the
   * rest of the same statement may free the value, if a slow producer makes its transaction look
   * complete.
   */
  private static final Set<String> AWAITED_STATES = Set.of("23503", "23505", "23P01");

  /** Foreign keys, RESTRICT, and RAISE in a trigger. */
  private static final Set<String> OTHER_TABLES_STATES = Set.of("23503", "23001", "P0001");

  /** States that pass only after somebody has changed the server. */
  private static final Map<String, String> PASSING_HINTS =
      Map.of(
          "53100",
          "free space on the target's disk: the table then continues by itself",
          "53400",
          "raise the limit that the error names, such as temp_file_limit, for the service's role: "
              + "ALTER ROLE ... SET temp_file_limit = ...;",
          "28P01",
          "correct the password in the database URI, or on the server: ALTER ROLE ... PASSWORD ...;",
          "28000",
          "allow the service to log in: pg_hba.conf, or ALTER ROLE ... LOGIN;",
          "25006",
          "the server is read-only, as a standby is: name all hosts in the database URI, with "
              + "target_session_attrs=read-write");

  private static final TargetTable NOBODYS = new TargetTable("", "");

  private FailurePolicy() {}

  /**
   * The meaning of an error for its table.
   *
   * @param mapping the table, for hints
   */
  public static Verdict classify(Throwable error, Mapping mapping) {
    return classify(error, mapping.target(), Remedy.resync(mapping));
  }

  /** The same for a table whose source is not known. */
  public static Verdict classify(Throwable error, TargetTable target) {
    return classify(error, target, "take a clean snapshot of " + target);
  }

  private static Verdict classify(Throwable error, TargetTable target, String resync) {
    Throwable cause = Exceptions.unwrap(error);
    Verdict expected = expected(cause, target, resync);
    return expected != null
        ? expected
        : new Verdict.Stop(
            "unexpected " + cause.getClass().getSimpleName() + ": " + message(cause),
            "please report it, with the service's log");
  }

  /**
   * Tells whether an error is not in this table of errors: then only its stack trace explains it.
   */
  public static boolean isUnexpected(Throwable error) {
    return expected(Exceptions.unwrap(error), NOBODYS, "") == null;
  }

  /**
   * Tells whether an error of a table may depend on other tables, and so on the order in which they
   * are written: foreign keys, and what triggers raise.
   */
  public static boolean mayDependOnOtherTables(Throwable error) {
    return Exceptions.unwrap(error) instanceof DatabaseException e
        && OTHER_TABLES_STATES.contains(e.sqlState());
  }

  /**
   * Tells whether an error is the target's and no table's, such as a connection that broke: it
   * passes for all tables together.
   */
  public static boolean isOfNoTable(Throwable error) {
    return Exceptions.unwrap(error) instanceof DatabaseException e
        && PASSING_CLASSES.contains(classOf(e.sqlState()));
  }

  private static String classOf(String sqlState) {
    return sqlState.substring(0, Math.min(2, sqlState.length()));
  }

  private static @Nullable Verdict expected(Throwable cause, TargetTable target, String resync) {
    if (cause instanceof DatabaseException e) {
      return ofDatabase(e, target);
    }
    if (cause instanceof BrokerException.Unavailable e) {
      return new Verdict.Retry("broker: " + message(e), "broker", e.hint());
    }
    if (cause instanceof TimeoutException) {
      return new Verdict.Retry("broker: " + message(cause), "broker");
    }
    if (cause instanceof SchemaUnknownException) {
      return new Verdict.Retry(message(cause), "schema");
    }
    if (cause instanceof TargetAlteredException) {
      return new Verdict.Retry(message(cause), "schema");
    }
    if (cause instanceof BrokerException.Gap || cause instanceof MessageException.LostHead) {
      return new Verdict.Gap(message(cause));
    }
    if (cause instanceof FencedException) {
      return new Verdict.LetGo(message(cause));
    }
    if (cause instanceof ShapeMismatchException e) {
      return new Verdict.Stop(message(e), e.hint());
    }
    if (cause instanceof MessageException.TooLong e) {
      return new Verdict.Stop(
          message(e),
          "raise --max-message-bytes to %d or more, with a heap of %d MiB or more (-Xmx in CREEK_CONSUMER_JVM, or the container's memory); or %s"
              .formatted(
                  e.declaredBytes(),
                  PipelineOptions.heapFor(e.declaredBytes()) >> 20,
                  Remedy.skip(target)));
    }
    if (cause instanceof OutOfMemoryException) {
      return new Verdict.Stop(
          message(cause),
          "give the service a larger heap (-Xmx in CREEK_CONSUMER_JVM, or the container's memory),"
              + " or make --batch-bytes smaller; or "
              + Remedy.skip(target));
    }
    if (cause instanceof MessageException) {
      return new Verdict.Stop(
          message(cause),
          "find out which program published the message. Then "
              + resync
              + "; or "
              + Remedy.skip(target));
    }
    return null;
  }

  private static Verdict ofDatabase(DatabaseException e, TargetTable target) {
    String state = e.sqlState();
    String stateClass = classOf(state);
    if (PASSING_CLASSES.contains(stateClass) || PASSING_STATES.contains(state)) {
      return new Verdict.Retry(
          "target database: " + message(e), stateClass, PASSING_HINTS.get(state));
    }
    String known = e.hint();
    String hint =
        known != null
            ? known
            : "look up SQLSTATE %s in PostgreSQL's appendix A, and the statement in the server's log. The table continues by itself once the cause is gone; or %s"
                .formatted(state, Remedy.skip(target));
    return AWAITED_STATES.contains(state)
        ? new Verdict.Await(message(e), hint)
        : new Verdict.Stop(message(e), hint);
  }

  private static String message(Throwable t) {
    return t.getMessage() == null ? t.getClass().getSimpleName() : ErrorWords.described(t);
  }
}
