package dev.creek.consumer.postgres.snapshot;

import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.SnapshotProgress.Step;
import dev.creek.consumer.postgres.apply.KeptOutException;
import dev.creek.consumer.postgres.apply.WriterSession;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.LoadTable;
import dev.creek.consumer.postgres.catalog.UniqueColumns;
import dev.creek.consumer.postgres.position.PositionAdvance;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.retry.Backoff;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.row.UniqueKey;
import dev.creek.consumer.stream.Failpoint;
import dev.creek.consumer.stream.SnapshotWriter.Finishing;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import reactor.core.publisher.Mono;
import reactor.util.function.Tuple2;

/**
 * Makes the target be a loaded table, or hold the same rows, and moves the position, in one
 * transaction under the fence. A swap that turns out to be impossible, or that others' locks do not
 * let happen, becomes an update in place, which needs no more than to write rows.
 */
final class SnapshotFinish {
  private static final Logger log = LoggerFactory.getLogger(SnapshotFinish.class);

  /** With the waits between them about a quarter of a minute: then readers are worked around. */
  private static final int SWAP_RETRIES = 6;

  private static final Backoff SWAP_BACKOFF =
      Backoff.of(Duration.ofMillis(100), Duration.ofSeconds(4));

  /**
   * Everybody else waits behind a lock that is waited for, so it is not waited for long: a second,
   * or what the session's limit says if that is less.
   */
  private static final String LOCK =
      """
      select set_config('lock_timeout', least(1000, nullif(setting::int, 0))::text, true)
      from pg_settings where name = 'lock_timeout';
      lock table %s in access exclusive mode
      """;

  /**
   * Sessions are set up to find few rows by key; here are two tables to be compared. And rows that
   * a policy hides must be an error, not rows that are missing.
   */
  private static final String COMPARE_TABLES =
      """
      set local enable_seqscan = on;
      set local enable_hashjoin = on;
      set local enable_mergejoin = on;
      set local row_security = off
      """;

  /** Triggers of a row that run before it is written are those that can forbid it. */
  private static final String DECIDES =
      """
      select ($2 or exists (
                 select from pg_trigger t
                 where (t.tgrelid = $1::oid
                        or t.tgrelid in (select relid from pg_partition_tree($1::oid::regclass)))
                   and not t.tgisinternal and t.tgenabled <> 'D' and t.tgtype & 3 = 3))
      """;

  private static final String KEEPS_ROWS =
      DECIDES + " and (select count(*) from %s) <> (select count(*) from %s)";

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
   * @param planned how it is to be done
   * @param finishing runs the commit
   */
  Mono<Void> run(Session session, FinishPlan planned, PositionAdvance moved, Finishing finishing) {
    return Mono.fromRunnable(() -> finishing.begins(Step.BUILDING))
        .then(Failpoint.SNAPSHOT_LOADED.before(Mono.defer(() -> built(session, planned))))
        .doOnNext(ending -> finishing.begins(Step.FINISHING))
        .flatMap(
            ending -> Failpoint.SNAPSHOT_BUILT.before(ended(session, ending, moved, finishing)));
  }

  /** Completes the fresh table; what can be done with it then. */
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

  /** Now that it is locked. */
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
        .then(session.execute(COMPARE_TABLES))
        .then(Mono.defer(() -> requireApart(session)))
        .then(Mono.defer(() -> leaving(session)))
        .map(leaving -> new InPlaceSql(plan, target, fresh, leaving))
        .flatMap(statement -> written(session, statement))
        .delayUntil(counts -> requireAll(session))
        .flatMap(
            counts ->
                Failpoint.SNAPSHOT_REPLACED
                    .before(move(session, moved))
                    .then(committed(finishing, Mono.defer(session::commit)))
                    .doOnSuccess(
                        nothing -> about().log("The snapshot is in {}: {}", name, counts)));
  }

  /**
   * Where something of the table decides about its rows: as many must have changed as have to, of
   * each kind. One that stayed and one that did not come would make up for each other.
   */
  private Mono<RowCounts> written(Session session, InPlaceSql statement) {
    Mono<RowCounts> writing = counts(session, statement.sql());
    return isTrue(session, DECIDES)
        .flatMap(
            decides ->
                decides
                    ? counts(session, statement.expected())
                        .zipWhen(expected -> writing)
                        .filter(both -> both.getT1().equals(both.getT2()))
                        .map(Tuple2::getT2)
                        .switchIfEmpty(Mono.error(KeptOutException::new))
                    : writing);
  }

  private static Mono<RowCounts> counts(Session session, String sql) {
    return session.query(sql, statement -> {}, RowCounts::of).single();
  }

  private Mono<Boolean> isTrue(Session session, String ofTarget) {
    return session
        .query(
            ofTarget,
            statement -> statement.bind(0, target.oid()).bind(1, !target.copyable()),
            row -> Boolean.TRUE.equals(row.get(0, Boolean.class)))
        .single();
  }

  /**
   * Where something of the table decides about its rows: that it has taken all of them, and let the
   * others go. What a trigger makes of a row is the user's affair.
   */
  private Mono<Void> requireAll(Session session) {
    return isTrue(
            session,
            KEEPS_ROWS.formatted(
                (target.partitioned() ? "" : "only ") + target.sqlName(), fresh.sqlName()))
        .filter(keeps -> keeps)
        .flatMap(keeps -> Mono.error(new KeptOutException()));
  }

  /**
   * Where the source does not vouch for the key: that no two rows are one by it. A swap has the
   * key's own index for that.
   */
  private Mono<Void> requireApart(Session session) {
    UniqueKey key = plan.key();
    return key == null || !plan.assumesKey()
        ? Mono.empty()
        : session
            .query(
                "select exists (select from %s group by %s having count(*) > 1)"
                    .formatted(
                        fresh.sqlName(),
                        key.columns().stream()
                            .map(SqlNames::quoted)
                            .collect(Collectors.joining(", "))),
                statement -> {},
                row -> Boolean.TRUE.equals(row.get(0, Boolean.class)))
            .single()
            .filter(twice -> twice)
            .flatMap(twice -> Mono.error(plan.secondRow("the snapshot of " + position.target())));
  }

  private LoggingEventBuilder about() {
    return log.atInfo().addKeyValue("table", position.target());
  }

  /**
   * An update in place trips over a unique value that moves from one row to another; a row that
   * leaves and comes again does not, unless foreign keys act on that.
   */
  private Mono<Set<String>> leaving(Session session) {
    UniqueKey key = plan.key();
    return key == null || target.cascades()
        ? Mono.just(Set.of())
        : UniqueColumns.of(session, target, plan, key);
  }
}
