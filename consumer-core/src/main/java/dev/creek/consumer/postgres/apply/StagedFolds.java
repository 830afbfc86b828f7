package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.position.PositionAdvance;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.stream.Batch;
import reactor.core.publisher.Mono;

/** A batch of a table with a proven key, in its folded form. */
record StagedFolds(Batch batch, FoldedBatch folded, FoldedWriter folds, FoldedWriter.Way way)
    implements Staged {
  static StagedFolds of(Batch batch, FoldedBatch folded, FoldedWriter folds) {
    return new StagedFolds(batch, folded, folds, folds.way(folded));
  }

  @Override
  public boolean isAlone() {
    return !folded.folded().truncate() && way.isAlone();
  }

  @Override
  public Mono<Long> alone(Session session, PositionAdvance moved) {
    return folds.alone(session, folded, way, moved.with(null));
  }

  @Override
  public Mono<Long> attempt(Session session, PositionAdvance moved) {
    return folds.attempt(session, folded, way, moved.with(null));
  }

  @Override
  public boolean mayRecover(Throwable error) {
    return FoldedWriter.mayRecover(error);
  }

  @Override
  public Staged after(Throwable error) {
    return new StagedFolds(batch, folded, folds, folds.other(folded, way, error));
  }

  @Override
  public Mono<Discrepancies> rows(Session session) {
    return folds.part(session, folded, way);
  }
}
