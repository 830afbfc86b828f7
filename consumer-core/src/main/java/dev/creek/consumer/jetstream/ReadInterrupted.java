package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import org.jspecify.annotations.Nullable;

/** A consumer has ended, or its connection: another takes its place. */
final class ReadInterrupted extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final @Nullable String hint;
  private final BrokerException.@Nullable Denied denied;

  ReadInterrupted(String reason) {
    this(reason, null);
  }

  /**
   * An interruption that needs somebody to act.
   *
   * @param hint the remedy
   */
  ReadInterrupted(String reason, @Nullable String hint) {
    this(reason, hint, null);
  }

  private ReadInterrupted(
      String reason, @Nullable String hint, BrokerException.@Nullable Denied denied) {
    // Ordinary in the life of a connection; the message has all that is needed.
    super(reason, null, false, false);
    this.hint = hint;
    this.denied = denied;
  }

  /** An interruption caused by another error. */
  static ReadInterrupted by(Throwable e) {
    return new ReadInterrupted(
        String.valueOf(e.getMessage()),
        hint(e),
        e instanceof BrokerException.Denied refused ? refused : null);
  }

  @Nullable String hint() {
    return hint;
  }

  /** The remedy for any failure to read; null if it passes by itself. */
  static @Nullable String hint(Throwable failure) {
    if (failure instanceof ReadInterrupted interrupted) {
      return interrupted.hint();
    }
    if (failure instanceof BrokerException.Unavailable unavailable) {
      return unavailable.hint();
    }
    return failure instanceof ApiException refused ? refused.hint() : null;
  }

  /** The missing permission that any failure to read is; null if it is another one. */
  static BrokerException.@Nullable Denied denied(Throwable failure) {
    if (failure instanceof ReadInterrupted interrupted) {
      return interrupted.denied;
    }
    return failure instanceof BrokerException.Denied denied ? denied : null;
  }
}
