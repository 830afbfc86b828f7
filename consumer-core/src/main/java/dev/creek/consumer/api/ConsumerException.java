package dev.creek.consumer.api;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A failure that the library reports, by its cause. Its message names the table, the column or the
 * stream sequence; neither message nor hint holds values of rows, passwords or tokens.
 */
public abstract sealed class ConsumerException extends RuntimeException
    permits DatabaseException,
        BrokerException,
        SnapshotException,
        ShapeMismatchException,
        MessageException,
        SourceException {
  private static final long serialVersionUID = 1L;
  private final @Nullable String hint;

  ConsumerException(String message, @Nullable String hint, @Nullable Throwable cause) {
    super(message, cause);
    this.hint = hint;
  }

  @Override
  public final String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  /** The remedy, such as the statement to run; null if none is known. */
  public @Nullable String hint() {
    return hint;
  }
}
