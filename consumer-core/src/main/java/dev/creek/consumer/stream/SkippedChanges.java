package dev.creek.consumer.stream;

import dev.creek.consumer.api.Position.StreamIdentity;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Messages of a table that are skipped on request.
 *
 * @param sequences their stream sequences
 * @param streamCreated creation time of the stream in which these count; null if there are none
 */
public record SkippedChanges(Set<Long> sequences, @Nullable Instant streamCreated) {
  public static final SkippedChanges NONE = new SkippedChanges(Set.of(), null);

  public SkippedChanges {
    sequences = Set.copyOf(sequences);
  }

  /** The sequences for a stream: a stream that was created again counts anew. */
  public Set<Long> of(StreamIdentity stream) {
    return stream.created().equals(streamCreated) ? sequences : Set.of();
  }
}
