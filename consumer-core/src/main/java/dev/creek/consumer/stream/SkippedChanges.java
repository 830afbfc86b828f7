package dev.creek.consumer.stream;

import dev.creek.consumer.api.Position.StreamIdentity;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Messages that a table passes over, because somebody said so.
 *
 * @param sequences their stream sequences
 * @param streamCreated when the stream was created that these count in; null where there are none
 */
public record SkippedChanges(Set<Long> sequences, @Nullable Instant streamCreated) {
  public static final SkippedChanges NONE = new SkippedChanges(Set.of(), null);

  public SkippedChanges {
    sequences = Set.copyOf(sequences);
  }

  /** Those of a stream: a stream that was created again counts anew. */
  public Set<Long> of(StreamIdentity stream) {
    return stream.created().equals(streamCreated) ? sequences : Set.of();
  }
}
