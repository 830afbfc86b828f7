package dev.creek.consumer.jetstream;

import dev.creek.consumer.api.BrokerException;
import org.jspecify.annotations.Nullable;

/** A consumer came to its end, or the way to it did: another takes its place. */
final class ReadInterrupted extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final @Nullable String hint;
  private final BrokerException.@Nullable Denied denied;

  ReadInterrupted(String reason) {
    this(reason, null);
  }

  /**
   * One that somebody has to put an end to.
   *
   * @param hint how
   */
  ReadInterrupted(String reason, @Nullable String hint) {
    this(reason, hint, null);
  }

  private ReadInterrupted(
      String reason, @Nullable String hint, BrokerException.@Nullable Denied denied) {
    // Ordinary in the life of a connection, and all that matters is in the message.
    super(reason, null, false, false);
    this.hint = hint;
    this.denied = denied;
  }

  /** By something else that went wrong. */
  static ReadInterrupted by(Throwable e) {
    return new ReadInterrupted(
        String.valueOf(e.getMessage()),
        SubjectReader.hint(e),
        e instanceof BrokerException.Denied refused ? refused : null);
  }

  @Nullable String hint() {
    return hint;
  }

  /** Null where it is not because this user may not do something. */
  BrokerException.@Nullable Denied denied() {
    return denied;
  }
}
