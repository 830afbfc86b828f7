package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.position.AppliedMark;
import dev.creek.consumer.postgres.position.PositionAdvance;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.stream.Batch;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A batch without changes to write: only the position moves.
 *
 * @param evidence of earlier parts of the transaction; null if there are none
 */
record StagedPosition(Batch batch, PositionSql position, @Nullable AppliedMark evidence)
    implements Staged {
  @Override
  public boolean isEmpty() {
    return true;
  }

  @Override
  public boolean isAlone() {
    return true;
  }

  @Override
  public Mono<Long> alone(Session session, PositionAdvance moved) {
    return session.update(position.update(moved), statement -> position.bind(statement, moved));
  }

  @Override
  public Fusible fusible(boolean must) {
    return Fusible.NOTHING;
  }

  @Override
  public boolean mayRecover(Throwable error) {
    return false;
  }

  @Override
  public Mono<Discrepancies> rows(Session session) {
    return Mono.just(Discrepancies.NONE);
  }
}
