package dev.creek.consumer.api;

/** An error for bytes that a Creek producer does not write. Never contains row values. */
public sealed class MessageException extends ConsumerException {
  private static final long serialVersionUID = 1L;

  public MessageException(String message) {
    super(message, null, null);
  }

  public MessageException(String message, Throwable cause) {
    super(message, null, cause);
  }

  /** The first message of a snapshot is not its header. */
  public static final class NoHeader extends MessageException {
    private static final long serialVersionUID = 1L;

    public NoHeader(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** A message is longer than the limit. Its packets are skipped one by one. */
  public static final class TooLong extends MessageException {
    private static final long serialVersionUID = 1L;
    private final long declaredBytes;

    public TooLong(String message, long declaredBytes) {
      super(message);
      this.declaredBytes = declaredBytes;
    }

    /** The length that it declares. */
    public long declaredBytes() {
      return declaredBytes;
    }
  }

  /**
   * A packet in the middle of a message came without the packets before it, which are gone from the
   * stream.
   */
  public static final class LostHead extends MessageException {
    private static final long serialVersionUID = 1L;

    public LostHead(String message) {
      super(message);
    }
  }
}
