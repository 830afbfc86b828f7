package dev.creek.consumer.jetstream;

import org.jspecify.annotations.Nullable;

/** A consumer came to its end, or the way to it did: another takes its place. */
final class ReadInterrupted extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final @Nullable String hint;

  ReadInterrupted(String reason) {
    this(reason, null);
  }

  /**
   * One that somebody has to put an end to.
   *
   * @param hint how
   */
  ReadInterrupted(String reason, @Nullable String hint) {
    // Ordinary in the life of a connection, and all that matters is in the message.
    super(reason, null, false, false);
    this.hint = hint;
  }

  @Nullable String hint() {
    return hint;
  }
}
