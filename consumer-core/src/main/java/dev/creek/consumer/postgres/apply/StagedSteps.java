package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.postgres.position.AppliedMark;
import dev.creek.consumer.postgres.position.PositionAdvance;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.row.Step;
import dev.creek.consumer.stream.Batch;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A batch of a table without a key, whose changes are applied in order.
 *
 * @param only the only step, if one statement can do it and move the position; else null
 * @param unmarked whether the batch leaves no mark
 */
record StagedSteps(
    Batch batch,
    TablePlan plan,
    PositionSql position,
    List<Segment> segments,
    @Nullable Step only,
    @Nullable AppliedMark evidence,
    boolean unmarked)
    implements Staged {
  static StagedSteps of(
      Batch batch,
      TablePlan plan,
      PositionSql position,
      List<Segment> segments,
      @Nullable AppliedMark evidence,
      boolean unmarked) {
    Step only = unmarked && segments.size() == 1 ? segments.get(0).onlyStep(plan) : null;
    return new StagedSteps(batch, plan, position, segments, only, evidence, unmarked);
  }

  @Override
  public boolean isAlone() {
    return unmarked && (segments.isEmpty() || only != null);
  }

  @Override
  public Mono<Long> alone(Session session, PositionAdvance moved) {
    return segments.isEmpty()
        ? session.update(position.update(moved), statement -> position.bind(statement, moved))
        : new OrderedChanges(session, plan).runAlone(Objects.requireNonNull(only), position, moved);
  }

  @Override
  public @Nullable Fusible fusible(boolean must) {
    if (segments.isEmpty()) {
      return Fusible.NOTHING;
    }
    return only instanceof Step.Insert insert ? new FusibleInsert(plan, insert.rows()) : null;
  }

  @Override
  public boolean mayRecover(Throwable error) {
    return FoldedSql.missedRows(error);
  }

  @Override
  public Mono<Discrepancies> rows(Session session) {
    return plan.deferring(session).then(Mono.defer(() -> Segment.run(session, plan, segments)));
  }
}
