package dev.creek.consumer.stream;

/**
 * The one message that a table cannot get past.
 *
 * @param sequence stream sequence of its last packet
 */
public record StoppedAt(StreamIdentity stream, long sequence) {}
