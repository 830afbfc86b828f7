package dev.creek.consumer.app.http;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The last answer of a source that may not answer. The source is queried at most once every two
 * seconds, however many clients there are. Thread-safe.
 */
final class LastKnown<T> {
  private static final Duration KEPT = Duration.ofSeconds(2);
  private static final Duration LIMIT = Duration.ofSeconds(2);

  /**
   * An answer.
   *
   * @param at its time; null if there was none yet
   * @param fresh whether the last query was answered
   */
  record Told<T>(T value, @Nullable Instant at, boolean fresh) {}

  private final Mono<Told<T>> asked;
  private volatile Told<T> described;

  /**
   * @param none used until there is an answer
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

  /** The answer, or the last one if none comes. */
  Mono<Told<T>> ask() {
    return asked;
  }

  /** The last answer, at once. */
  Told<T> now() {
    return described;
  }
}
