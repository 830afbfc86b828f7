package dev.creek.consumer.jetstream.pull;

import dev.creek.consumer.api.SourceTable;
import org.jspecify.annotations.Nullable;

/** The place of a consumer's message. */
public interface MessagePlace {
  /** Its sequence in the stream. */
  long streamSequence();

  /**
   * Number of messages that the consumer has sent, this one included: without holes while none is
   * lost.
   */
  long consumerSequence();

  /** Number of further messages of the consumer in the stream when this one was sent. */
  long pending();

  /** The table of its subject, as the consumer's {@link SubjectTable} finds it. */
  @Nullable SourceTable table();
}
