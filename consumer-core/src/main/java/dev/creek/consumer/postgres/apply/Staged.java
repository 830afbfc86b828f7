package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.position.AppliedMark;
import dev.creek.consumer.postgres.position.PositionAdvance;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.stream.Batch;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A batch of one table that its writer has counted, once, and the ways to write it. After a
 * rollback it can be written again, in another way too.
 */
interface Staged {
  /** The batch, with all of its changes. */
  Batch batch();

  /** Proves repetitions; null leaves what is stored. */
  default @Nullable AppliedMark evidence() {
    return null;
  }

  /** Tells whether there is nothing but a position. */
  default boolean isEmpty() {
    return false;
  }

  /** Tells whether one statement can write the rows and move the position. */
  boolean isAlone();

  /**
   * Rows and position in one statement, which is without effect if it fails; returns the number of
   * rows that the fence let through. Only if {@link #isAlone}.
   */
  Mono<Long> alone(Session session, PositionAdvance moved);

  /** The same in a transaction, which is of no more use if it fails. */
  default Mono<Long> attempt(Session session, PositionAdvance moved) {
    return alone(session, moved);
  }

  /**
   * The rows as a part of a statement that writes other tables as well; null if they cannot be one.
   * Only if {@link #isAlone}.
   *
   * @param must also if another way is faster
   */
  @Nullable Fusible fusible(boolean must);

  /** The parts of a move that this stores. */
  default PositionAdvance stored(PositionAdvance moved) {
    return moved;
  }

  /** Tells whether {@link #rows} may succeed where {@link #alone} failed. */
  boolean mayRecover(Throwable error);

  /** The same batch after {@link #alone} failed with an error of {@link #mayRecover}. */
  default Staged after(Throwable error) {
    return this;
  }

  /** The rows, in a transaction that holds the fence. */
  Mono<Discrepancies> rows(Session session);
}
