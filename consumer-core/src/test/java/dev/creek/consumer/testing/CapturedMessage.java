package dev.creek.consumer.testing;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * One JetStream message as the real producer left it.
 *
 * @param stream name of its stream
 * @param sequence its stream sequence
 * @param time when the stream stored it
 * @param subject its subject
 * @param headers its headers, empty in the OLD generation
 * @param payload its bytes: one packet
 */
@SuppressWarnings("ArrayRecordComponent") // identity is never compared
public record CapturedMessage(
    String stream,
    long sequence,
    Instant time,
    String subject,
    Map<String, List<String>> headers,
    byte[] payload) {}
