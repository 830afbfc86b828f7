package dev.creek.consumer.wire;

/**
 * A whole logical message, assembled from its packets; not copied if one packet held all of it.
 *
 * @param bytes array that holds the message
 * @param offset index of its first byte
 * @param length its declared length in bytes
 * @param firstSequence stream sequence of packet 0
 * @param lastSequence stream sequence of the packet that completed it (a trailing empty packet may
 *     follow)
 */
@SuppressWarnings(
    "ArrayRecordComponent") // identity is never compared; copying would cost a pass over every row
public record WireMessage(
    byte[] bytes, int offset, int length, long firstSequence, long lastSequence) {}
