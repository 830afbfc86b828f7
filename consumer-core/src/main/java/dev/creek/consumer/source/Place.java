package dev.creek.consumer.source;

import dev.creek.consumer.api.Position;
import io.r2dbc.spi.Connection;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A place behind what was emitted.
 *
 * @param position the position there
 * @param first sequence of the first change of what ends there
 * @param commits null where nothing can be committed: within snapshots
 */
record Place(Position position, long first, @Nullable Commits commits) {
  /** Within snapshots: whoever stops there begins with new ones. */
  static final Place WITHIN_SNAPSHOTS = new Place(Position.NONE, 0, null);

  Mono<Void> commit() {
    return commits == null ? Mono.empty() : commits.commit(position, first);
  }

  Mono<Void> commit(Connection connection) {
    return commits == null ? Mono.empty() : commits.commit(position, first, connection);
  }
}
