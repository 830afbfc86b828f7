package dev.creek.consumer.stream;

/**
 * One JetStream message of a table.
 *
 * @param sequence its stream sequence
 * @param data its payload, owned by the receiver
 */
@SuppressWarnings("ArrayRecordComponent") // identity is never compared
public record Packet(long sequence, byte[] data) {}
