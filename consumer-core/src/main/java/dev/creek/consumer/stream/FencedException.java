package dev.creek.consumer.stream;

/** Another instance has claimed the table; nothing was written. */
public final class FencedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public FencedException(String message) {
    super(message);
  }
}
