package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.DatabaseException;

/**
 * A trigger or a rule of a table has suppressed rows of a snapshot, or kept rows that it should not
 * have.
 */
public final class KeptOutException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public KeptOutException() {
    super("rows were suppressed, or kept", null, false, false);
  }

  /** The same in the form for our callers. */
  static RuntimeException described(String what, String hint) {
    return new DatabaseException(
        what + ": a trigger or a rule of the table suppresses rows, or keeps rows that should go",
        "P0002",
        null,
        hint,
        null);
  }
}
