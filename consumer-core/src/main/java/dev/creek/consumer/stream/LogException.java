package dev.creek.consumer.stream;

import org.jspecify.annotations.Nullable;

/** What can go wrong with the broker. */
public abstract sealed class LogException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LogException(String message, Throwable cause) {
    super(message, cause);
  }

  LogException(String message) {
    super(message);
  }

  /** It cannot be reached or does not (yet) have the stream: try again later. */
  public static final class Unavailable extends LogException {
    private static final long serialVersionUID = 1L;
    private final @Nullable String hint;

    public Unavailable(String message, Throwable cause) {
      super(message, cause);
      hint = null;
    }

    public Unavailable(String message) {
      super(message);
      hint = null;
    }

    private Unavailable(String message, String hint) {
      super(message);
      this.hint = hint;
    }

    /** One that does not pass by itself: somebody has to do what the hint says. */
    public static Unavailable until(String hint, String message) {
      return new Unavailable(message, hint);
    }

    /** For whoever has to act; null where it may pass by itself. */
    public @Nullable String hint() {
      return hint;
    }
  }

  /** Messages that were needed are gone: only a clean snapshot heals it. */
  public static final class Gap extends LogException {
    private static final long serialVersionUID = 1L;

    public Gap(String message) {
      super(message);
    }
  }
}
