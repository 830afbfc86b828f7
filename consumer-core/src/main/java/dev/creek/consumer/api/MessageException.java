package dev.creek.consumer.api;

/** Bytes that are not what a Creek producer writes. Never carries row values. */
public sealed class MessageException extends ConsumerException {
  private static final long serialVersionUID = 1L;

  public MessageException(String message) {
    super(message, null, null);
  }

  public MessageException(String message, Throwable cause) {
    super(message, null, cause);
  }

  /** What should be a snapshot does not begin with its header. */
  public static final class NoHeader extends MessageException {
    private static final long serialVersionUID = 1L;

    public NoHeader(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** A message is longer than is accepted. Its packets are passed over one by one. */
  public static final class TooLong extends MessageException {
    private static final long serialVersionUID = 1L;
    private final long declaredBytes;

    public TooLong(String message, long declaredBytes) {
      super(message);
      this.declaredBytes = declaredBytes;
    }

    /** How long it says that it is. */
    public long declaredBytes() {
      return declaredBytes;
    }
  }

  /**
   * A packet in the middle of a message came without the packets before it: they are gone from the
   * stream.
   */
  public static final class LostHead extends MessageException {
    private static final long serialVersionUID = 1L;

    public LostHead(String message) {
      super(message);
    }
  }
}
