package dev.creek.consumer.stream;

import reactor.core.publisher.Mono;

/**
 * Failed or in a gap: shown with reason and hint until the cause is gone. Nothing is lost
 * meanwhile, so it is simply tried again, with growing pauses, from the same position; the state
 * stays visible until that works.
 *
 * @param searchUntil where a batch of several changes failed, the stream sequence of its last one:
 *     up to there they are tried one by one next, to find the one to be told; 0 where it is known
 */
record Stuck(TableLine line, Claim claim, TableState state, Backoff backoff, long searchUntil)
    implements Phase {

  @Override
  public Mono<Phase> run() {
    return line.enter(claim, state).then(line.pause(backoff)).then(line.next(this));
  }
}
