package dev.creek.consumer.stream.pipeline;

import reactor.core.publisher.Mono;

/**
 * A batch of several changes has failed: they are applied one by one at once, and the failure is
 * reported when the change that causes it has been found.
 *
 * @param stuck the failure, its message not known yet
 */
record Searching(Stopped stuck) implements Phase {

  @Override
  public Mono<Phase> run() {
    return stuck.line().next(stuck);
  }
}
