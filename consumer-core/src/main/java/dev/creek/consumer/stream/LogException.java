package dev.creek.consumer.stream;

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

    public Unavailable(String message, Throwable cause) {
      super(message, cause);
    }

    public Unavailable(String message) {
      super(message);
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
