package dev.creek.consumer.api;

import org.jspecify.annotations.Nullable;

/** The target database refused a statement or could not be reached. Contains no row values. */
public final class DatabaseException extends ConsumerException {
  private static final long serialVersionUID = 1L;
  private final String sqlState;
  private final @Nullable String constraint;

  /**
   * @param message what failed, with table and position, without row values
   * @param sqlState five characters; 08006 if the connection broke without one
   * @param constraint the violated constraint, if it is one
   * @param hint the remedy, if it is known better here than from the state alone
   */
  public DatabaseException(
      String message,
      String sqlState,
      @Nullable String constraint,
      @Nullable String hint,
      @Nullable Throwable cause) {
    super(message, hint, cause);
    this.sqlState = sqlState;
    this.constraint = constraint;
  }

  public String sqlState() {
    return sqlState;
  }

  public @Nullable String constraint() {
    return constraint;
  }

  /**
   * Tells whether the server could not be reached, refused connections for now or had none left.
   */
  public boolean unreachable() {
    return sqlState.startsWith("08") || sqlState.startsWith("53") || sqlState.startsWith("57");
  }
}
