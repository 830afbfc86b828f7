package dev.creek.consumer.stream.snapshot;

import java.time.Duration;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Detects that a snapshot stalls: nothing comes although everything that came is written. A slow
 * database is no stall. Thread-safe.
 */
final class StallWatch {
  private static final int LOOKS = 20;

  private final Supplier<Duration> limit;
  private long inHand;
  private long quietSince = System.nanoTime();

  /**
   * @param limit the longest time without messages; read again at each check, and never longer than
   *     at first
   */
  StallWatch(Supplier<Duration> limit) {
    this.limit = limit;
  }

  synchronized void received() {
    quietSince = System.nanoTime();
  }

  /** A write begins. */
  synchronized void begins() {
    inHand++;
  }

  /** The write has ended. */
  synchronized void ends() {
    inHand--;
    quietSince = System.nanoTime();
  }

  private synchronized boolean isStalled() {
    return inHand == 0 && System.nanoTime() - quietSince >= limit.get().toNanos();
  }

  /** Errors with the result of {@code error} once it stalls; never completes. */
  Mono<Void> stalled(Supplier<? extends RuntimeException> error, Scheduler scheduler) {
    Duration look = limit.get().dividedBy(LOOKS).plusMillis(1);
    return Flux.interval(look, scheduler)
        .onBackpressureDrop()
        .filter(tick -> isStalled())
        .next()
        .then(Mono.error(error));
  }
}
