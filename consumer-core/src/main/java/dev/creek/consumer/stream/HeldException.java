package dev.creek.consumer.stream;

import java.util.Objects;

/** A live instance still has the table; nothing was changed. */
public final class HeldException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final boolean bySnapshot;

  /**
   * @param message which instance has it
   * @param bySnapshot whether it is held for a snapshot, which ends by itself and must be waited
   *     for
   */
  public HeldException(String message, boolean bySnapshot) {
    super(message);
    this.bySnapshot = bySnapshot;
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  public boolean bySnapshot() {
    return bySnapshot;
  }
}
