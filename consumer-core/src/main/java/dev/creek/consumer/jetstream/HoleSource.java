package dev.creek.consumer.jetstream;

import reactor.core.publisher.Mono;

/** Finds the messages that are missing from the middle of a stream. Thread-safe. */
interface HoleSource {
  /** For readers that do not need every message. */
  HoleSource IGNORED = now -> Mono.just(Holes.NONE);

  /** The holes that a stream had at the time of the request, and perhaps some later ones. */
  Mono<Holes> of(StreamState now);
}
