package dev.creek.consumer.stream.group;

import java.util.concurrent.atomic.AtomicReference;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Runs one work after the other, in the order of their subscriptions. Thread-safe. */
final class OneAtATime {
  private final AtomicReference<Mono<Void>> last = new AtomicReference<>(Mono.empty());

  /** The work, as soon as that before it has ended in any way. */
  <T> Mono<T> run(Mono<T> work) {
    return Mono.defer(
        () -> {
          Sinks.Empty<Void> ended = Sinks.empty();
          return last.getAndSet(ended.asMono()).then(work).doFinally(end -> ended.tryEmitEmpty());
        });
  }
}
