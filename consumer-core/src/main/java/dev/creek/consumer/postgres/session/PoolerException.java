package dev.creek.consumer.postgres.session;

import io.r2dbc.spi.R2dbcNonTransientResourceException;

/** Sessions differ from the options: there is a pooler that the options do not name. */
public final class PoolerException extends R2dbcNonTransientResourceException {
  private static final long serialVersionUID = 1L;

  /** Feature not supported: waiting does not help. */
  public static final String SQL_STATE = "0A000";

  private final String hint;

  PoolerException(String message, String hint) {
    super(message, SQL_STATE);
    this.hint = hint;
  }

  String hint() {
    return hint;
  }
}
