package dev.creek.consumer.stream;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.TableEvent.Applied;
import reactor.core.publisher.Mono;

/**
 * Applies one claimed table's batches, in order, one at a time: the caller subscribes to the next
 * apply only when the one before has completed. {@link #prepare} of the next batch may run while an
 * apply is in flight.
 */
public interface TableWriter {

  /** A batch folded and transcoded for this writer's target; opaque to the caller. */
  interface Prepared {
    Batch batch();
  }

  /**
   * Folds and transcodes on the calling thread; asynchronous only if the target's catalog must be
   * read first.
   */
  Mono<Prepared> prepare(Batch batch);

  /**
   * Writes rows and position. Completes empty while the source transaction is still open, with the
   * result once committed.
   *
   * @return errors with {@link DatabaseException} or {@link FencedException}; the target is then at
   *     the last committed position
   */
  Mono<Applied> apply(Prepared prepared);

  /** Rolls back an open transaction and gives the connection back; never fails. */
  Mono<Void> close();
}
