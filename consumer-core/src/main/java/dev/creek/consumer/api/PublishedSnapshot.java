package dev.creek.consumer.api;

import java.time.Instant;

/**
 * A snapshot in the stream.
 *
 * @param subject its name
 * @param firstSequence stream sequence of its first message
 * @param lastSequence stream sequence of its last message so far
 * @param messages number of messages with its subject
 * @param publishedAt time when JetStream stored its first message
 * @param complete whether its last message is the end marker
 */
public record PublishedSnapshot(
    String subject,
    long firstSequence,
    long lastSequence,
    long messages,
    Instant publishedAt,
    boolean complete) {
  /**
   * Number of rows, without header and end marker; too large if a row took several messages (OLD).
   */
  public long rows() {
    return Math.max(0, messages - (complete ? 2 : 1));
  }
}
