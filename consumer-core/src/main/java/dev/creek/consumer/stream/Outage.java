package dev.creek.consumer.stream;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Shows a streaming table as waiting while nothing can be read, once that has lasted a moment. The
 * reader gets over it by itself, so the table goes on streaming.
 */
final class Outage implements ReadListener {
  /** A reconnect takes less. */
  private static final Duration UNNOTICED = Duration.ofSeconds(2);

  private static final Duration LOOKED_AT_AGAIN = Duration.ofSeconds(5);

  private final TableLine line;
  private final Claim claim;
  private final Sinks.Many<Boolean> interruptions = Sinks.many().replay().latest();
  private volatile TableState waiting = TableState.STREAMING;

  Outage(TableLine line, Claim claim) {
    this.line = line;
    this.claim = claim;
  }

  @Override
  public void began(long pending) {
    interruptions.tryEmitNext(false);
  }

  @Override
  public void interrupted(String why, @Nullable String hint) {
    waiting = new TableState(TableState.Name.WAITING, "broker: " + why, hint);
    interruptions.tryEmitNext(true);
  }

  /** Never completes. */
  Mono<Void> show() {
    return interruptions
        .asFlux()
        .distinctUntilChanged()
        .switchMap(away -> away ? waiting() : Flux.just(TableState.STREAMING))
        .distinctUntilChanged()
        .skipWhile(TableState.STREAMING::equals)
        .concatMap(state -> line.report().enter(claim, state), 1)
        .then(Mono.never());
  }

  /** Why it waits may change while it does. */
  private Flux<TableState> waiting() {
    return line.delay(UNNOTICED)
        .thenMany(Flux.interval(Duration.ZERO, LOOKED_AT_AGAIN, line.scheduler()))
        .onBackpressureDrop()
        .map(tick -> waiting);
  }
}
