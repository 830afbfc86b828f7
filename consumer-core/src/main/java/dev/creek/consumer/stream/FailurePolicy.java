package dev.creek.consumer.stream;

import dev.creek.consumer.row.ShapeMismatchException;
import dev.creek.consumer.wire.WireException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

/**
 * The one table of errors: by what may be done next. Unknown means stop the table. Source of the
 * states: PostgreSQL's appendix "Error Codes".
 */
final class FailurePolicy {
  /**
   * Connection, transaction rollback (deadlock, serialization), insufficient resources, operator
   * intervention, system error.
   */
  private static final Set<String> PASSING_CLASSES = Set.of("08", "28", "40", "53", "57", "58");

  /** Lock not available; read-only transaction, as on a standby after a failover. */
  private static final Set<String> PASSING_STATES = Set.of("55P03", "25006");

  /**
   * Foreign key: the other side comes on its own line. Unique, exclusion: what frees the value may
   * be the rest of the same statement, where a slow producer lets its transaction look complete.
   */
  private static final Set<String> AWAITED_STATES = Set.of("23503", "23505", "23P01");

  private static final Map<String, String> HINTS =
      Map.of(
          "42P01",
          "create and fill the target table (resync)",
          "3F000",
          "create and fill the target table (resync)",
          "42703",
          "add the column to the target table",
          "42501",
          "grant the privilege to the role that the service connects as",
          "23502",
          "give the column a default, or drop its NOT NULL",
          "23503",
          "let the referenced table's changes arrive first (it is tried again), or drop the foreign key on the target",
          "23505",
          "drop the unique constraint that the source does not have, or take a clean snapshot",
          "22P02",
          "change the column to the source's type",
          "22001",
          "widen the column to the source's type",
          "22003",
          "widen the column to the source's type");

  private FailurePolicy() {}

  /**
   * @param table which table, for hints
   */
  static Verdict classify(Throwable error, Object table) {
    Throwable cause = Exceptions.unwrap(error);
    Verdict expected = expected(cause, table);
    return expected != null
        ? expected
        : new Verdict.Stop(
            "unexpected " + cause.getClass().getSimpleName() + ": " + message(cause),
            "please report it, with the service's log");
  }

  /** Whether an error is none that this table of errors knows: only its stack tells more of it. */
  static boolean isUnexpected(Throwable error) {
    return expected(Exceptions.unwrap(error), "") == null;
  }

  private static @Nullable Verdict expected(Throwable cause, Object table) {
    if (cause instanceof ApplyException e) {
      return ofDatabase(e);
    }
    if (cause instanceof LogException.Unavailable e) {
      return new Verdict.Retry("broker: " + message(e), "broker", e.hint());
    }
    if (cause instanceof TimeoutException) {
      return new Verdict.Retry("broker: " + message(cause), "broker");
    }
    if (cause instanceof SchemaUnknownException) {
      return new Verdict.Retry(message(cause), "schema");
    }
    if (cause instanceof LogException.Gap || cause instanceof WireException.LostHead) {
      return new Verdict.Gap(message(cause));
    }
    if (cause instanceof FencedException) {
      return new Verdict.LetGo(message(cause));
    }
    if (cause instanceof ShapeMismatchException e) {
      return new Verdict.Stop(message(e), e.hint());
    }
    if (cause instanceof WireException.TooLong e) {
      return new Verdict.Stop(
          message(e),
          "raise --max-message-bytes to %d or more, with a heap of %d MiB or more (-Xmx in CREEK_CONSUMER_JVM, or the container's memory); or pass over the change: skip_change"
              .formatted(e.declaredBytes(), LineOptions.heapFor(e.declaredBytes()) >> 20));
    }
    if (cause instanceof OutOfMemoryException) {
      return new Verdict.Stop(
          message(cause),
          "give the service a larger heap (-Xmx in CREEK_CONSUMER_JVM, or the container's memory), or make --batch-bytes smaller; or pass over the change: skip_change");
    }
    if (cause instanceof WireException) {
      return new Verdict.Stop(
          message(cause),
          "the message cannot be read: find out what published it, then take a clean snapshot of "
              + table);
    }
    return null;
  }

  private static Verdict ofDatabase(ApplyException e) {
    String state = e.sqlState();
    String stateClass = state.substring(0, Math.min(2, state.length()));
    if (PASSING_CLASSES.contains(stateClass) || PASSING_STATES.contains(state)) {
      return new Verdict.Retry("target database: " + message(e), stateClass);
    }
    if (AWAITED_STATES.contains(state)) {
      return new Verdict.Await(message(e), hint(e));
    }
    return new Verdict.Stop(message(e), hint(e));
  }

  private static String hint(ApplyException e) {
    String known = e.hint();
    return known != null
        ? known
        : HINTS.getOrDefault(
            e.sqlState(), "see SQLSTATE " + e.sqlState() + " in PostgreSQL's manual");
  }

  private static String message(Throwable t) {
    return t.getMessage() == null ? t.getClass().getSimpleName() : ErrorWords.told(t);
  }
}
