package dev.creek.consumer.api;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The end of a stream of changes that a program reads, by its cause. The stored position is the one
 * before the change that it concerns: whoever subscribes again meets that change again.
 */
public abstract sealed class SourceException extends ConsumerException {
  private static final long serialVersionUID = 1L;

  private final long sequence;

  SourceException(String message, @Nullable String hint, long sequence, @Nullable Throwable cause) {
    super(message, hint, cause);
    this.sequence = sequence;
  }

  /** Stream sequence of the message that it concerns; empty if it concerns none. */
  public OptionalLong sequence() {
    return sequence > 0 ? OptionalLong.of(sequence) : OptionalLong.empty();
  }

  /** Changes that were needed are gone from the stream: retention, a purge, a lost stream. */
  public static final class Gap extends SourceException {
    private static final long serialVersionUID = 1L;

    /**
     * @param sequence the first one that was needed
     */
    public Gap(String message, String hint, long sequence, @Nullable Throwable cause) {
      super(message, hint, sequence, cause);
    }
  }

  /** Neither the schema stream nor the producer knows the schema of a message. */
  public static final class UnknownSchema extends SourceException {
    private static final long serialVersionUID = 1L;

    public UnknownSchema(String message, String hint, long sequence, @Nullable Throwable cause) {
      super(message, hint, sequence, cause);
    }
  }

  /** A message is none that a Creek producer writes, or is too long for this program. */
  public static final class Undecodable extends SourceException {
    private static final long serialVersionUID = 1L;

    public Undecodable(String message, String hint, long sequence, @Nullable Throwable cause) {
      super(message, hint, sequence, cause);
    }
  }

  /** A row does not fit the type as which the program reads it. */
  public static final class Unmappable extends SourceException {
    private static final long serialVersionUID = 1L;

    public Unmappable(String message, String hint, long sequence, @Nullable Throwable cause) {
      super(message, hint, sequence, cause);
    }
  }

  /** The program's own handler failed; the cause is its error. */
  public static final class HandlerFailed extends SourceException {
    private static final long serialVersionUID = 1L;

    public HandlerFailed(String message, long sequence, Throwable cause) {
      super(message, null, sequence, cause);
    }
  }

  /** Another reader has moved the stored position, so that two would handle the same changes. */
  public static final class Conflict extends SourceException {
    private static final long serialVersionUID = 1L;

    public Conflict(String message, String hint, long sequence) {
      super(message, hint, sequence, null);
    }
  }
}
