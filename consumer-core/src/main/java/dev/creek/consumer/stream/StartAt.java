package dev.creek.consumer.stream;

import java.time.Instant;

/** The place where reading a table's changes begins. */
public sealed interface StartAt {
  /**
   * Messages up to this stream sequence may be missing from the middle of the stream when reading
   * begins. If a later message is missing, or goes later, this is a gap: nothing shows to which
   * table it belonged.
   */
  default long mayMissUntil() {
    return 0;
  }

  /** With the oldest message of the table that the stream holds. */
  record Beginning(@Override long mayMissUntil) implements StartAt {
    /** With the existing messages. */
    public Beginning() {
      this(Long.MAX_VALUE);
    }

    /** With the existing messages, provided that none is missing. */
    public static Beginning ofAll() {
      return new Beginning(0);
    }
  }

  /** With this sequence, or the next one of the table after it. */
  record Sequence(long first, @Override long mayMissUntil) implements StartAt {
    /** No message may be missing. */
    public Sequence(long first) {
      this(first, 0);
    }
  }

  /** With the first message that JetStream stored at or after this time. */
  record Time(Instant first) implements StartAt {}
}
