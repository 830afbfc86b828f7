package dev.creek.consumer.api;

import java.util.Objects;

/**
 * The target table cannot take the wire's values; the hint is the exact statement that fixes it.
 */
public final class ShapeMismatchException extends ConsumerException {
  private static final long serialVersionUID = 1L;

  public ShapeMismatchException(String reason, String hint) {
    super(reason, hint, null);
  }

  /** The same error for the message at a sequence. */
  public ShapeMismatchException at(long sequence) {
    return new ShapeMismatchException(
        "message at sequence " + sequence + ": " + getMessage(), hint());
  }

  /** The action that helps, such as the {@code ALTER TABLE} to run. */
  @Override
  public String hint() {
    return Objects.requireNonNull(super.hint());
  }
}
