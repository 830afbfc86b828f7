package dev.creek.consumer.row;

/**
 * The target table cannot take what the wire carries; the hint says the exact statement that mends
 * it.
 */
public final class ShapeMismatchException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final String hint;

  public ShapeMismatchException(String reason, String hint) {
    super(reason);
    this.hint = hint;
  }

  /** The same of the message at a sequence. */
  ShapeMismatchException at(long sequence) {
    return new ShapeMismatchException(
        "message at sequence " + sequence + ": " + getMessage(), hint);
  }

  /** What to do, e.g. the {@code ALTER TABLE} to run. */
  public String hint() {
    return hint;
  }
}
