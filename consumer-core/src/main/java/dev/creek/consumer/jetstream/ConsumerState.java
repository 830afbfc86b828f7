package dev.creek.consumer.jetstream;

/**
 * The broker's report about a consumer.
 *
 * @param deliveredStream stream sequence up to which it has gone
 * @param pending number of further messages that the stream holds for it
 */
record ConsumerState(long deliveredStream, long pending) {}
