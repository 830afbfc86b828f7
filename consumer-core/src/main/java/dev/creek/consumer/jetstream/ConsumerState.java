package dev.creek.consumer.jetstream;

/**
 * What the broker says of a consumer.
 *
 * @param deliveredConsumer how many messages it has sent
 * @param deliveredStream stream sequence up to which it has gone
 * @param pending how many more messages the stream holds for it
 */
record ConsumerState(long deliveredConsumer, long deliveredStream, long pending) {}
