package dev.creek.consumer.stream.pipeline;

import reactor.core.publisher.Mono;

/**
 * A batch of several changes has failed: they are tried one by one at once, and the table is said
 * to have failed when the one at fault has been found.
 *
 * @param stuck the failure, its message not known yet
 */
record Searching(Stopped stuck) implements Phase {

  @Override
  public Mono<Phase> run() {
    return stuck.line().next(stuck);
  }
}
