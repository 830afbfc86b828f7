package dev.creek.consumer.stream;

/**
 * A target table could not hold a value, and has been altered since: the changes can be applied
 * again.
 */
public final class TargetAlteredException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public TargetAlteredException(String message) {
    super(message);
  }
}
