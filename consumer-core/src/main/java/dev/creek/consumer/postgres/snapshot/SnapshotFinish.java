package dev.creek.consumer.postgres.snapshot;

import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.SnapshotProgress.Step;
import dev.creek.consumer.postgres.apply.WriterSession;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.LoadTable;
import dev.creek.consumer.postgres.position.PositionAdvance;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.retry.Backoff;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.stream.Failpoint;
import dev.creek.consumer.stream.SnapshotWriter.Finishing;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import reactor.core.publisher.Mono;

/**
 * Makes a loaded table the target, or the target hold the same rows, and moves the position, in one
 * transaction under the fence. If a swap turns out to be impossible, or other sessions' locks
 * prevent it, it becomes an update in place, which needs only the privilege to write rows.
 */
final class SnapshotFinish {
  private static final Logger log = LoggerFactory.getLogger(SnapshotFinish.class);

  /**
   * With the waits between them about a quarter of a minute: after that the table is updated in
   * place.
   */
  private static final int SWAP_RETRIES = 6;

  private static final Backoff SWAP_BACKOFF =
      Backoff.of(Duration.ofMillis(100), Duration.ofSeconds(4));

  /**
   * All other sessions wait behind a lock that is waited for, so the wait is short: a second, or
   * the session's limit if that is less.
   */
  private static final String LOCK =
      """
      select set_config('lock_timeout', least(1000, nullif(setting::int, 0))::text, true)
      from pg_settings where name = 'lock_timeout';
      lock table %s in access exclusive mode
      """;

  private final WriterSession held;
  private final PositionSql position;
  private final CatalogTable target;
  private final RowPlan plan;
  private final LoadTable fresh;

  SnapshotFinish(
      WriterSession held,
      PositionSql position,
      CatalogTable target,
      RowPlan plan,
      LoadTable fresh) {
    this.held = held;
    this.position = position;
    this.target = target;
    this.plan = plan;
    this.fresh = fresh;
  }

  /**
   * Completes when it has committed.
   *
   * @param planned the planned way
   * @param finishing runs the commit
   */
  Mono<Void> run(Session session, FinishPlan planned, PositionAdvance moved, Finishing finishing) {
    return Mono.fromRunnable(() -> finishing.begins(Step.BUILDING))
        .then(Failpoint.SNAPSHOT_LOADED.before(Mono.defer(() -> built(session, planned))))
        .doOnNext(ending -> finishing.begins(Step.FINISHING))
        .flatMap(
            ending -> Failpoint.SNAPSHOT_BUILT.before(ended(session, ending, moved, finishing)));
  }

  /** Completes the load table; returns what can be done with it then. */
  private Mono<FinishPlan> built(Session session, FinishPlan planned) {
    return planned instanceof FinishPlan.Swap swap
        ? swap.twin()
            .build(session)
            .then(Mono.defer(() -> analyze(session)))
            .then(Mono.defer(() -> OlderSnapshots.awaitEnd(session, fresh)))
            .<FinishPlan>thenReturn(swap)
            .onErrorResume(SwapErrors::rulesOutASwap, e -> inPlace(session, swap, e))
        : Mono.just(planned);
  }

  private Mono<Void> analyze(Session session) {
    return session
        .beginUnhurried()
        .then(session.execute("analyze " + fresh.sqlName()))
        .then(Mono.defer(session::commit));
  }

  private Mono<Void> ended(
      Session session, FinishPlan ending, PositionAdvance moved, Finishing finishing) {
    if (ending instanceof FinishPlan.InPlace in) {
      return equalize(session, in, moved, finishing);
    }
    var planned = (FinishPlan.Swap) ending;
    return Mono.defer(() -> swap(session, planned, moved, finishing))
        .onErrorResume(SwapErrors::isBusy, e -> held.rollback(session).then(Mono.error(e)))
        .retryWhen(
            SWAP_BACKOFF
                .retries(SWAP_RETRIES)
                .filter(SwapErrors::isBusy)
                .onRetryExhaustedThrow((spec, last) -> last.failure()))
        .onErrorResume(
            e -> SwapErrors.isBusy(e) || SwapErrors.rulesOutASwap(e),
            e ->
                inPlace(session, planned, e)
                    .flatMap(in -> equalize(session, in, moved, finishing)));
  }

  private Mono<FinishPlan.InPlace> inPlace(
      Session session, FinishPlan.Swap planned, Throwable why) {
    ShapeMismatchException misfit = planned.misfit();
    String reason = SwapErrors.reason(why);
    return held.rollback(session)
        .then(
            misfit == null
                ? Mono.just(new FinishPlan.InPlace(reason))
                : Mono.error(() -> FinishPlan.Swap.impossible(misfit, reason)));
  }

  private Mono<Void> swap(
      Session session, FinishPlan.Swap swap, PositionAdvance moved, Finishing finishing) {
    return held.transaction()
        .then(session.execute(LOCK.formatted(target.sqlName())))
        .then(requireUnchanged(session, swap))
        .then(Mono.defer(() -> swap.twin().swap(session)))
        .then(Failpoint.SNAPSHOT_REPLACED.before(Mono.defer(() -> move(session, moved))))
        .then(committed(finishing, Mono.defer(() -> held.commit(session))))
        .doOnSuccess(nothing -> about().log("The snapshot took the place of {}", target.sqlName()));
  }

  /** Runs when it is locked. */
  private Mono<Void> requireUnchanged(Session session, FinishPlan.Swap swap) {
    return SwapObstacles.of(session, target, plan.names())
        .filter(obstacles -> !obstacles.isEmpty())
        .flatMap(obstacles -> Mono.error(new SwapErrors.NoSwap(String.join("; ", obstacles))))
        .then(swap.twin().signature(session))
        .filter(signature -> !signature.equals(swap.signature()))
        .flatMap(changed -> Mono.error(new SwapErrors.NoSwap("it was altered meanwhile")));
  }

  private static Mono<Void> committed(Finishing finishing, Mono<Void> commit) {
    return Failpoint.SNAPSHOT_COMMITTED.after(
        Failpoint.SNAPSHOT_MOVED.before(finishing.lastCommit(commit)));
  }

  private Mono<Void> move(Session session, PositionAdvance moved) {
    return session
        .update(position.update(moved), statement -> position.bind(statement, moved))
        .flatMap(held::requireClaim)
        .then(
            session.execute(
                position.marks().delete() + "; " + position.marks().insertAll(moved.marks())))
        .then(Mono.defer(() -> position.known().store(session, plan.names())));
  }

  private Mono<Void> equalize(
      Session session, FinishPlan.InPlace in, PositionAdvance moved, Finishing finishing) {
    String name = target.sqlName();
    return Mono.fromRunnable(
            () -> about().log("The snapshot is brought into {} row by row: {}", name, in.reason()))
        .then(Mono.defer(() -> analyze(session)))
        .then(Mono.defer(session::beginUnhurried))
        .then(
            Mono.defer(
                () -> new InPlaceUpdate(session, position.target(), target, plan, fresh).run()))
        .flatMap(
            counts ->
                Failpoint.SNAPSHOT_REPLACED
                    .before(move(session, moved))
                    .then(committed(finishing, Mono.defer(session::commit)))
                    .doOnSuccess(
                        nothing -> about().log("The snapshot is in {}: {}", name, counts)));
  }

  private LoggingEventBuilder about() {
    return log.atInfo().addKeyValue("table", position.target());
  }
}
