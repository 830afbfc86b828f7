package dev.creek.consumer.stream;

import java.time.Instant;

/** Where reading a table's changes begins. */
public sealed interface StartAt {
  /**
   * Messages up to this stream sequence may be missing from the middle of the stream when reading
   * begins. What is missing behind it, or goes later, is a gap: nobody knows of which table it was.
   */
  default long mayMissUntil() {
    return 0;
  }

  /** With the oldest message of the table that the stream holds. */
  record Beginning(@Override long mayMissUntil) implements StartAt {
    /** With what there is. */
    public Beginning() {
      this(Long.MAX_VALUE);
    }

    /** With what there is, if it is whole. */
    public static Beginning ofAll() {
      return new Beginning(0);
    }
  }

  /** With this sequence, or the next one of the table behind it. */
  record Sequence(long first, @Override long mayMissUntil) implements StartAt {
    /** None may be missing. */
    public Sequence(long first) {
      this(first, 0);
    }
  }

  /** With the first message that JetStream stored at or after this time. */
  record Time(Instant first) implements StartAt {}
}
