package dev.creek.consumer.jetstream;

import reactor.core.publisher.Mono;

/** Tells which messages are missing from the middle of a stream. Thread-safe. */
interface HoleSource {
  /** For readers that need not have everything. */
  HoleSource IGNORED = now -> Mono.just(Holes.NONE);

  /** Those that a stream had when it was asked; perhaps some more that it has got since. */
  Mono<Holes> of(StreamState now);
}
