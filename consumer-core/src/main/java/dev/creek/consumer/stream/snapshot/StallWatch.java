package dev.creek.consumer.stream.snapshot;

import java.time.Duration;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Tells when a snapshot stalls: nothing comes although everything that came is written. A slow
 * database is no stall. Thread-safe.
 */
final class StallWatch {
  private static final int LOOKS = 20;

  private final Supplier<Duration> limit;
  private long inHand;
  private long quietSince = System.nanoTime();

  /**
   * @param limit how long nothing may come; asked anew at each look, and not longer than at first
   */
  StallWatch(Supplier<Duration> limit) {
    this.limit = limit;
  }

  synchronized void received() {
    quietSince = System.nanoTime();
  }

  /** Something is to be written. */
  synchronized void begins() {
    inHand++;
  }

  /** It is written. */
  synchronized void ends() {
    inHand--;
    quietSince = System.nanoTime();
  }

  private synchronized boolean isStalled() {
    return inHand == 0 && System.nanoTime() - quietSince >= limit.get().toNanos();
  }

  /** Errors with what {@code error} makes once it stalls; never completes. */
  Mono<Void> stalled(Supplier<? extends RuntimeException> error, Scheduler scheduler) {
    Duration look = limit.get().dividedBy(LOOKS).plusMillis(1);
    return Flux.interval(look, scheduler)
        .onBackpressureDrop()
        .filter(tick -> isStalled())
        .next()
        .then(Mono.error(error));
  }
}
