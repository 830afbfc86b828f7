package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.retry.Backoff;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/** The pauses of a pipeline, which others may end. Thread-safe. */
final class Pauses {
  private final Scheduler scheduler;
  private final Sinks.Many<Boolean> ends = Sinks.many().multicast().directBestEffort();

  /** A request just before a pause begins: then there is no pause. */
  private final AtomicBoolean resumeSoon = new AtomicBoolean();

  Pauses(Scheduler scheduler) {
    this.scheduler = scheduler;
  }

  /** Completes when the pause is over, or at an interruption. */
  Mono<Void> pause(Backoff backoff, Supplier<Mono<Void>> interruption) {
    return Mono.defer(
        () ->
            resumeSoon.getAndSet(false)
                ? Mono.empty()
                : Mono.firstWithSignal(
                    Mono.delay(backoff.pause(), scheduler).then(),
                    ends.asFlux().next().then(),
                    interruption.get()));
  }

  /** Ends the pause, or else the next one; false if there was none. */
  boolean resume() {
    boolean paused = ends.tryEmitNext(true).isSuccess();
    resumeSoon.set(!paused);
    return paused;
  }

  /** Ends the pause, if there is one. */
  void end() {
    ends.tryEmitNext(true);
  }
}
