package dev.creek.consumer.postgres.session;

import io.r2dbc.postgresql.api.ErrorDetails;
import org.jspecify.annotations.Nullable;

/** Recognises PgBouncer's own errors, and errors of a server that it causes. */
public final class PoolerErrors {
  private static final String OPTION =
      "set --db-pooler=session or --db-pooler=transaction, as pool_mode in pgbouncer.ini says"
          + " (for the source database: --source-pooler); creek-consumer check tells which";

  public static final String TRANSACTION_OPTION =
      "a pooler in transaction mode is between: set --db-pooler=transaction (for the source"
          + " database: --source-pooler=transaction)";

  private PoolerErrors() {}

  /** The pooler's own refusal, if waiting does not help; null if it is something else. */
  static @Nullable PoolerException refusal(ErrorDetails details) {
    String message = details.getMessage();
    if (message.contains("unsupported startup parameter")) {
      return new PoolerException(
          "PgBouncer is between, which refuses session settings at a connection's start: "
              + message,
          OPTION);
    }
    if (message.contains("statement pooling mode")) {
      return statementMode(message);
    }
    return null;
  }

  private static PoolerException statementMode(String message) {
    return new PoolerException(
        "PgBouncer is between, in statement mode, where rows and position cannot be one"
            + " transaction: "
            + message,
        "set pool_mode = transaction in pgbouncer.ini, for this database or role at least, and"
            + " --db-pooler=transaction");
  }

  /** Settings were sent with a connection's start, and the session does not have them. */
  static PoolerException settingsDropped() {
    return new PoolerException(
        "a pooler is between, which drops the settings that sessions are told at their start"
            + " (ignore_startup_parameters in pgbouncer.ini)",
        OPTION);
  }

  /** Sessions should be ours while we are connected, and are not. */
  public static PoolerException shared() {
    return new PoolerException(
        "a pooler is between, which gives sessions to others behind each transaction",
        TRANSACTION_OPTION);
  }

  /** The remedy if the server does not know a statement that was prepared, or knows it twice. */
  static @Nullable String hint(String sqlState) {
    return sqlState.equals("26000") || sqlState.equals("42P05") ? TRANSACTION_OPTION : null;
  }
}
