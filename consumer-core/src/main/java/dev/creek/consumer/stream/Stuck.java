package dev.creek.consumer.stream;

import reactor.core.publisher.Mono;

/**
 * Failed or in a gap: shown with reason and hint until the cause is gone. Nothing is lost
 * meanwhile, so it is simply tried again, with growing pauses, from the same position; the state
 * stays visible until that works.
 */
record Stuck(TableLine line, Claim claim, TableState state, Backoff backoff) implements Phase {

  @Override
  public Mono<Phase> run() {
    return line.enter(claim, state).then(line.pause(backoff)).then(line.next(this));
  }
}
