package dev.creek.consumer.jetstream.pull;

/** Where a message of a consumer stands. */
public interface MessagePlace {
  /** Its sequence in the stream. */
  long streamSequence();

  /**
   * How many messages the consumer has sent, this one included: without holes while none is lost.
   */
  long consumerSequence();

  /** How many more of the consumer's messages the stream held when this one was sent. */
  long pending();
}
