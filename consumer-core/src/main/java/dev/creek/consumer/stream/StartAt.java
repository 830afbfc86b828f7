package dev.creek.consumer.stream;

import java.time.Instant;

/** Where reading a table's changes begins. */
public sealed interface StartAt {
  /** With the oldest message that the stream holds. */
  record Beginning() implements StartAt {}

  /** With this sequence, or the next one of the table behind it. */
  record Sequence(long first) implements StartAt {}

  /** With the first message that JetStream stored at or after this time. */
  record Time(Instant first) implements StartAt {}
}
