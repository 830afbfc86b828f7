package dev.creek.consumer.source;

import dev.creek.consumer.api.Position;
import io.r2dbc.spi.Connection;
import reactor.core.publisher.Mono;

/**
 * A place behind what was emitted.
 *
 * @param position the position there
 * @param first sequence of the first change of what ends there
 */
record Place(Position position, long first, Commits commits) {
  Mono<Void> commit() {
    return commits.commit(position, first);
  }

  Mono<Void> commit(Connection connection) {
    return commits.commit(position, first, connection);
  }
}
