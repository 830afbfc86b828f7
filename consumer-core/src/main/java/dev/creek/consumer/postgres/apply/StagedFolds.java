package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.position.PositionAdvance;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.stream.Batch;
import org.jspecify.annotations.Nullable;
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
    return folds.alone(session, folded, way, stored(moved));
  }

  @Override
  public Mono<Long> attempt(Session session, PositionAdvance moved) {
    return folds.attempt(session, folded, way, stored(moved));
  }

  @Override
  public @Nullable Fusible fusible(boolean must) {
    return folds.fusible(folded, way, must);
  }

  @Override
  public PositionAdvance stored(PositionAdvance moved) {
    return moved.with(null);
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
