package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.DatabaseException;

/** A trigger or a rule of a table has kept rows of a snapshot out, or others in. */
public final class KeptOutException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public KeptOutException() {
    super("rows were kept out, or in", null, false, false);
  }

  /** The same as our callers know it. */
  static RuntimeException described(String what, String hint) {
    return new DatabaseException(
        what + ": a trigger or a rule of the table keeps rows out, or in",
        "P0002",
        null,
        hint,
        null);
  }
}
