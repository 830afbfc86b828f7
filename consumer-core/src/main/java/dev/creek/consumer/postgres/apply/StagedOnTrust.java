package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.position.AppliedMark;
import dev.creek.consumer.postgres.position.PositionAdvance;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.wire.Change;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A batch of a table whose key is only assumed to keep the source's rows apart. Changes that may
 * come again are written as usual; changes that come for the first time must not create a row whose
 * key exists.
 *
 * @param repeated number of changes, from the first on, that may come again
 * @param again them, if they are applied one by one
 */
record StagedOnTrust(
    Batch batch,
    FoldedBatch folded,
    FoldedWriter folds,
    FoldedWriter.Way way,
    @Nullable AppliedMark evidence,
    int repeated,
    List<Segment> again)
    implements Staged {
  static StagedOnTrust of(
      Batch batch,
      FoldedBatch folded,
      FoldedWriter folds,
      @Nullable AppliedMark evidence,
      int repeated,
      ReplayWindow seen) {
    List<Change> changes = batch.changes();
    return new StagedOnTrust(
        batch,
        folded,
        folds,
        folds.way(folded),
        evidence,
        repeated,
        Segment.of(changes, changes.subList(0, repeated), seen));
  }

  @Override
  public boolean isAlone() {
    return false;
  }

  @Override
  public Mono<Long> alone(Session session, PositionAdvance moved) {
    throw new IllegalStateException("not in one statement");
  }

  @Override
  public @Nullable Fusible fusible(boolean must) {
    return null;
  }

  @Override
  public boolean mayRecover(Throwable error) {
    return false;
  }

  @Override
  public Mono<Discrepancies> rows(Session session) {
    List<Change> changes = folded.changes();
    List<Change> first = changes.subList(repeated, changes.size());
    if (first.isEmpty()) {
      return folds.part(session, folded, way);
    }
    var assumed = new AssumedKey(folded.plan(), first);
    if (repeated == 0) {
      return assumed.write(session, inOrder -> folds.part(session, folded, way, inOrder));
    }
    FoldedBatch rest = FoldedBatch.of(folded.plan(), first, false);
    return Segment.run(session, folded.plan(), again)
        .flatMap(
            fell ->
                assumed
                    .write(
                        session,
                        inOrder -> folds.part(session, rest, FoldedWriter.Way.AT_ONCE, inOrder))
                    .map(fell::plus));
  }
}
