package dev.creek.consumer.jetstream.pull;

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

  /** The subject of the message. Costs something: only for readers of several subjects. */
  String subject();
}
