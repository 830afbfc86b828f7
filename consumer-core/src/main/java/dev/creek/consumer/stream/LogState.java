package dev.creek.consumer.stream;

/**
 * State of the WAL stream when it was asked.
 *
 * @param stream its identity
 * @param firstSequence sequence of the oldest message that it still holds (of any table)
 * @param lastSequence sequence of the newest, 0 when it never held one
 */
public record LogState(StreamIdentity stream, long firstSequence, long lastSequence) {}
