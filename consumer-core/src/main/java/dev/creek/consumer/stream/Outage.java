package dev.creek.consumer.stream;

import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Shows a streaming table as waiting while nothing can be read, once that has lasted a moment. The
 * reader gets over it by itself, so the table goes on streaming.
 */
final class Outage implements ReadListener {
  /** A reconnect takes less. */
  private static final Duration UNNOTICED = Duration.ofSeconds(2);

  private final TableLine line;
  private final Claim claim;
  private final Sinks.Many<Boolean> interruptions = Sinks.many().replay().latest();
  private volatile String reason = "";

  Outage(TableLine line, Claim claim) {
    this.line = line;
    this.claim = claim;
  }

  @Override
  public void began(long pending) {
    interruptions.tryEmitNext(false);
  }

  @Override
  public void interrupted(String why) {
    reason = why;
    interruptions.tryEmitNext(true);
  }

  /** Never completes. */
  Mono<Void> show() {
    return interruptions
        .asFlux()
        .distinctUntilChanged()
        .switchMap(away -> away ? line.delay(UNNOTICED).thenReturn(true) : Mono.just(false))
        .distinctUntilChanged()
        .skipWhile(away -> !away)
        .concatMap(away -> line.report().enter(claim, away ? waiting() : TableState.STREAMING), 1)
        .then(Mono.never());
  }

  private TableState waiting() {
    return new TableState(TableState.Name.WAITING, "broker: " + reason, null);
  }
}
