package dev.creek.consumer.stream;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A snapshot cannot be applied. */
public final class SnapshotException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final @Nullable String hint;

  /**
   * @param message what is wrong
   * @param hint what the user can do
   */
  public SnapshotException(String message, @Nullable String hint) {
    super(message);
    this.hint = hint;
  }

  SnapshotException(String message, @Nullable String hint, Throwable cause) {
    super(message, cause);
    this.hint = hint;
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  public @Nullable String hint() {
    return hint;
  }
}
