package dev.creek.consumer.stream;

import java.util.Objects;

/** A live instance still has the table; nothing was changed. */
public final class HeldException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final boolean bySnapshot;

  private HeldException(String message, boolean bySnapshot) {
    super(message);
    this.bySnapshot = bySnapshot;
  }

  /**
   * It applies the table's changes.
   *
   * @param message which instance has it
   */
  public static HeldException forChanges(String message) {
    return new HeldException(message, false);
  }

  /**
   * It applies a snapshot, which ends by itself and must be waited for.
   *
   * @param message which instance has it
   */
  public static HeldException forSnapshot(String message) {
    return new HeldException(message, true);
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  public boolean bySnapshot() {
    return bySnapshot;
  }
}
