package dev.creek.consumer.postgres.session;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.stream.FencedException;
import dev.creek.consumer.stream.TargetAlteredException;
import dev.creek.consumer.text.ErrorWords;
import io.r2dbc.postgresql.api.ErrorDetails;
import io.r2dbc.postgresql.api.PostgresqlException;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.R2dbcTimeoutException;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.pool.PoolAcquireTimeoutException;
import reactor.pool.PoolShutdownException;

/**
 * Replaces the driver's exceptions by ours without row values: PostgreSQL quotes values in the
 * details of many errors, and in the message of data exceptions. The driver's exceptions contain
 * both, so those that the server sent are replaced, not wrapped.
 */
public final class SqlErrors {
  private static final String CONNECTION_FAILURE = "08006";
  private static final String TOO_MANY_CONNECTIONS = "53300";

  private static final Set<String> INSERTABLE = Set.of("0A", "22", "23", "42");

  private SqlErrors() {}

  /** Tells whether the rows of a batch, in another order, might have been accepted. */
  public static boolean mayDependOnOrder(Throwable error) {
    String state = sqlState(error);
    // 21000: ON CONFLICT met one row twice (keys equal to the database, not to us).
    return state != null && (state.startsWith("23") || state.equals("21000"));
  }

  /**
   * Tells whether an INSERT might do what COPY would not: COPY does not support policies (0A000),
   * and does not say which value or row it refuses. Other errors, such as a lock that is not free,
   * apply to both.
   */
  public static boolean mayBeInserted(Throwable error) {
    String state = sqlState(error);
    return state != null && INSERTABLE.contains(state.substring(0, 2));
  }

  /** Tells whether a row existed already, by some unique value or one that overlaps. */
  public static boolean isAlreadyThere(Throwable error) {
    String state = sqlState(error);
    return "23505".equals(state) || "23P01".equals(state);
  }

  /**
   * Tells whether it is this error of the server.
   *
   * @param quoted the part that its message quotes, in any language
   */
  public static boolean isOf(String sqlState, String quoted, Throwable error) {
    PostgresqlException server = find(error, PostgresqlException.class);
    return server != null
        && server.getErrorDetails().getCode().equals(sqlState)
        && server.getErrorDetails().getMessage().contains(quoted);
  }

  /** Tells whether it has this state. */
  public static boolean isState(String sqlState, Throwable error) {
    return sqlState.equals(sqlState(error));
  }

  /** The five characters, or null if none is known. */
  public static @Nullable String sqlState(Throwable error) {
    if (error instanceof DatabaseException e) {
      return e.sqlState();
    }
    R2dbcException cause = find(error, R2dbcException.class);
    return cause == null ? null : cause.getSqlState();
  }

  /**
   * The error in the form for our callers. Errors of our own packages stay as they are.
   *
   * @param what the failed work: table and position
   */
  public static RuntimeException described(Throwable error, String what, SqlHints hints) {
    return described(error, what, null, hints);
  }

  /**
   * The same.
   *
   * @param place the server, named if it cannot be reached; null if {@code what} names it
   */
  public static RuntimeException described(
      Throwable error, String what, @Nullable String place, SqlHints hints) {
    if (error instanceof DatabaseException
        || error instanceof FencedException
        || error instanceof TargetAlteredException
        || error instanceof ShapeMismatchException
        || error instanceof MessageException) {
      return (RuntimeException) error;
    }
    PoolerException between = pooler(error);
    if (between != null) {
      return new DatabaseException(
          what + (place == null ? "" : ": " + place) + ": " + between.getMessage(),
          PoolerException.SQL_STATE,
          null,
          between.hint(),
          between);
    }
    RefusedReplicationRole role = find(error, RefusedReplicationRole.class);
    if (role != null) {
      return new DatabaseException(
          what + (place == null ? "" : ": " + place) + ": " + role.getMessage(),
          role.getSqlState(),
          null,
          role.hint(),
          role);
    }
    Refusal refusal = refusal(error);
    if (refusal != null) {
      String hint = hints.forState(refusal.sqlState());
      // A refused login needs the server's name as much as a server that cannot be reached.
      boolean ofTheServer = place != null && refusal.sqlState().startsWith("28");
      return described(
          refusal,
          ofTheServer ? what + ": " + place : what,
          "",
          hint == null ? PoolerErrors.hint(refusal.sqlState()) : hint);
    }
    if (find(error, PoolAcquireTimeoutException.class) != null
        || find(error, R2dbcTimeoutException.class) != null) {
      return new DatabaseException(
          what + ": no database connection became free, or could be made, in time",
          TOO_MANY_CONNECTIONS,
          null,
          null,
          null);
    }
    if (find(error, R2dbcException.class) != null
        || find(error, TimeoutException.class) != null
        || find(error, PoolShutdownException.class) != null) {
      return new DatabaseException(
          what + (place == null ? "" : ": " + place) + ": " + ErrorWords.of(error),
          CONNECTION_FAILURE,
          null,
          null,
          error);
    }
    return error instanceof RuntimeException e ? e : new IllegalStateException(what, error);
  }

  /** The error that an unknown pooler causes; null if it is something else. */
  public static @Nullable PoolerException pooler(Throwable error) {
    PoolerException known = find(error, PoolerException.class);
    PostgresqlException server = find(error, PostgresqlException.class);
    return known != null || server == null ? known : PoolerErrors.refusal(server.getErrorDetails());
  }

  /** Tells whether a role may not set {@code session_replication_role}, as the options ask. */
  public static boolean isReplicationRoleRefused(Throwable error) {
    return find(error, RefusedReplicationRole.class) != null;
  }

  /** The driver invents details for its own errors, with the bare code. */
  private static boolean isFromServer(ErrorDetails details) {
    return details.getRoutine().isPresent() || !details.getCode().startsWith("08");
  }

  /** The server's refusal; null if the error is not the server's. */
  public static @Nullable Refusal refusal(Throwable error) {
    PostgresqlException server = find(error, PostgresqlException.class);
    return server != null && isFromServer(server.getErrorDetails())
        ? Refusal.of(server.getErrorDetails())
        : null;
  }

  /**
   * A refusal in the form for our callers.
   *
   * @param what the failed work: the table
   * @param where additional knowledge, put after the server's message
   */
  public static DatabaseException described(
      Refusal refusal, String what, String where, @Nullable String hint) {
    var message = new StringBuilder(what).append(": ").append(refusal.message());
    if (where.isEmpty() && refusal.column() != null) {
      message.append(", column ").append(SqlNames.quoted(refusal.column()));
    }
    message.append(where).append(" (SQLSTATE ").append(refusal.sqlState()).append(')');
    return new DatabaseException(
        message.toString(), refusal.sqlState(), refusal.constraint(), hint, null);
  }

  /**
   * The first exception of this type along the causes; a failed commit comes inside a
   * RuntimeException.
   */
  static <T> @Nullable T find(Throwable error, Class<T> type) {
    for (Throwable e = error; e != null; e = e.getCause()) {
      if (type.isInstance(e)) {
        return type.cast(e);
      }
      for (Throwable suppressed : e.getSuppressed()) {
        if (type.isInstance(suppressed)) {
          return type.cast(suppressed);
        }
      }
    }
    return null;
  }
}
