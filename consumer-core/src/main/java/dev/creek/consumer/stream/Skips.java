package dev.creek.consumer.stream;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Messages that a table passes over, because somebody said so.
 *
 * @param sequences their stream sequences
 * @param streamCreated when the stream was created that these count in; null where there are none
 */
public record Skips(Set<Long> sequences, @Nullable Instant streamCreated) {
  public static final Skips NONE = new Skips(Set.of(), null);

  public Skips {
    sequences = Set.copyOf(sequences);
  }

  /** Those of a stream: a stream that was created again counts anew. */
  Set<Long> of(StreamIdentity stream) {
    return stream.created().equals(streamCreated) ? sequences : Set.of();
  }
}
