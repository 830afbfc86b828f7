package dev.creek.consumer.app.http;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * What somebody told last who may not answer: asked no more often than every two seconds, however
 * many look. Thread-safe.
 */
final class LastKnown<T> {
  private static final Duration KEPT = Duration.ofSeconds(2);
  private static final Duration LIMIT = Duration.ofSeconds(2);

  /**
   * An answer.
   *
   * @param at when it was given; null where there was none yet
   * @param fresh whether the last question was answered
   */
  record Told<T>(T value, @Nullable Instant at, boolean fresh) {}

  private final Mono<Told<T>> asked;
  private volatile Told<T> described;

  /**
   * @param none stands for an answer until there is one
   */
  LastKnown(Mono<T> source, T none) {
    this.described = new Told<>(none, null, false);
    this.asked =
        source
            .timeout(LIMIT)
            .map(value -> new Told<>(value, Instant.now(), true))
            .onErrorResume(error -> Mono.fromSupplier(this::stale))
            .doOnNext(answer -> described = answer)
            .cache(KEPT);
  }

  private Told<T> stale() {
    return new Told<>(described.value(), described.at(), false);
  }

  /** The answer, or the last one where none comes. */
  Mono<Told<T>> ask() {
    return asked;
  }

  /** The last answer, at once. */
  Told<T> now() {
    return described;
  }
}
