package dev.creek.consumer.jetstream;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The configuration and content of a stream, for an operator. Limits that are not set are 0.
 *
 * @param subjects patterns of its subjects
 * @param messages number of messages held
 * @param deleted number of messages missing between the oldest and the newest
 * @param oldest time when the oldest of them was stored; null if it is empty
 * @param retention {@code limits}, {@code interest} or {@code workqueue}
 * @param storage {@code file} or {@code memory}
 * @param maxAge how long messages are kept
 * @param maxBytes bytes that are kept
 * @param maxMessages messages that are kept
 * @param maxPerSubject messages that are kept of each table
 * @param refusesWhenFull whether new messages are refused at the limits, instead of old ones
 *     removed
 * @param duplicateWindow how long a message id is remembered
 * @param serverTime the broker's clock at its answer; null if it is not included
 */
record StreamFacts(
    List<String> subjects,
    long messages,
    long deleted,
    @Nullable Instant oldest,
    String retention,
    String storage,
    int replicas,
    Duration maxAge,
    long maxBytes,
    long maxMessages,
    long maxPerSubject,
    boolean refusesWhenFull,
    Duration duplicateWindow,
    @Nullable Instant serverTime) {

  static StreamFacts of(JsonNode answer) {
    JsonNode config = answer.path("config");
    JsonNode state = answer.path("state");
    long messages = state.path("messages").longValue();
    return new StreamFacts(
        StreamSupport.stream(config.path("subjects").spliterator(), false)
            .map(JsonNode::asText)
            .toList(),
        messages,
        state.path("num_deleted").longValue(),
        messages == 0 ? null : time(state.path("first_ts")),
        config.path("retention").asText("limits"),
        config.path("storage").asText("file"),
        config.path("num_replicas").asInt(1),
        Duration.ofNanos(limit(config, "max_age")),
        limit(config, "max_bytes"),
        limit(config, "max_msgs"),
        limit(config, "max_msgs_per_subject"),
        config.path("discard").asText("old").equals("new"),
        Duration.ofNanos(limit(config, "duplicate_window")),
        time(answer.path("ts")));
  }

  private static long limit(JsonNode config, String name) {
    return Math.max(0, config.path(name).longValue());
  }

  private static @Nullable Instant time(JsonNode node) {
    return node.isTextual()
        ? OffsetDateTime.parse(node.textValue()).toInstant().truncatedTo(ChronoUnit.MILLIS)
        : null;
  }
}
