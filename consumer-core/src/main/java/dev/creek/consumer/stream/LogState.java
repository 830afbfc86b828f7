package dev.creek.consumer.stream;

import dev.creek.consumer.api.Position.StreamIdentity;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * State of the WAL stream at the time of the request.
 *
 * @param stream its identity
 * @param firstSequence sequence of the oldest message that it still holds (of any table)
 * @param lastSequence sequence of the newest, 0 if it never held one
 * @param firstTime time when the oldest message was stored; null if it holds none
 */
public record LogState(
    StreamIdentity stream, long firstSequence, long lastSequence, @Nullable Instant firstTime) {}
