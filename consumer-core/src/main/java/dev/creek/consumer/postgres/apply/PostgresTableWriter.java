package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.TableHints;
import dev.creek.consumer.postgres.catalog.TargetCatalog;
import dev.creek.consumer.postgres.control.SubscriptionTable;
import dev.creek.consumer.postgres.position.AppliedMark;
import dev.creek.consumer.postgres.position.KnownTarget;
import dev.creek.consumer.postgres.position.PositionAdvance;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.position.PositionsSql.Moved;
import dev.creek.consumer.postgres.position.RepublishedFilter;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Failpoint;
import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.stream.OutOfMemoryException;
import dev.creek.consumer.stream.TableWriter;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.Fingerprint;
import dev.creek.consumer.wire.WalSchema;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Writes one table's batches. A batch of whole source transactions is one query in one round trip,
 * committed by itself. Everything else – parts of a long source transaction, TRUNCATE, a batch that
 * must be applied change by change – runs in a transaction that takes the fence first and moves the
 * position last. After an error the writer cannot be used any more.
 */
final class PostgresTableWriter implements TableWriter {
  private final Sessions sessions;
  private final TableHints hints;
  private final Explanation explanation;
  private final PositionSql position;
  private final WriterSession held;
  private final Map<Fingerprint, TablePlan> plans = new ConcurrentHashMap<>();
  private volatile @Nullable CatalogTable target;

  /** Only for apply, as are the following fields. */
  private final ReplayWindow seen;

  /** The plan of the changes that were written last; only for apply. */
  private @Nullable TablePlan met;

  /** Changes since the last commit; only for apply, whose calls follow each other. */
  private Counts counts = Counts.NONE;

  /** The target's position; only for apply. */
  private long from;

  /** Only for a table without a key, except for what it stores. */
  private final OverlapFilter heldChanges;

  /** What a snapshot that replaced all rows holds; null if there was none. */
  private final @Nullable Horizon horizon;

  /** Only for a table without a key, or with an assumed one; only for apply. */
  private @Nullable RepublishedFilter repetitions;

  /** Rows that those changes did not touch, before the batch that was staged last. */
  private Discrepancies shortfall = Discrepancies.NONE;

  /** The same of that batch, as it was written last. */
  private Discrepancies fell = Discrepancies.NONE;

  private final FoldedWriter folds;

  PostgresTableWriter(Sessions sessions, SubscriptionTable subscriptions, Claim claim) {
    this.sessions = sessions;
    this.hints = subscriptions.hints(claim);
    this.explanation = new Explanation(sessions, hints);
    PositionSql durable = subscriptions.position(claim);
    this.position = sessions.mayLoseLastCommits() ? durable.withoutWaiting() : durable;
    this.held = new WriterSession(sessions, position);
    this.seen = new ReplayWindow(claim);
    this.folds = new FoldedWriter(held, seen);
    this.heldChanges = new OverlapFilter(position, claim);
    this.horizon = claim.horizon();
    this.from = claim.position().sequence();
  }

  /**
   * @param target null if the batch has no changes, or none to apply; so is the plan
   * @param folded null if the table has no key
   */
  record Ready(
      Batch batch,
      @Nullable CatalogTable target,
      @Nullable TablePlan plan,
      @Nullable FoldedBatch folded)
      implements Prepared {}

  @Override
  public Mono<Prepared> prepare(Batch given) {
    Batch batch = withoutHeld(given);
    if (batch.changes().isEmpty()) {
      return Mono.just(new Ready(batch, null, null, null));
    }
    CatalogTable known = target;
    return known == null
        ? readTarget().map(found -> guarded(batch, found))
        : Mono.fromCallable(() -> guarded(batch, known));
  }

  /**
   * Changes that a snapshot certainly holds need no row, whatever the target's columns are by now.
   */
  private Batch withoutHeld(Batch batch) {
    Horizon known = horizon;
    List<Change> changes = batch.changes();
    if (known == null || changes.isEmpty() || changes.get(0).sequence() > known.through()) {
      return batch;
    }
    List<Change> missing = changes.stream().filter(change -> !known.proves(change)).toList();
    return new Batch(missing, batch.bytes(), batch.endsTransaction(), batch.position());
  }

  private Prepared guarded(Batch batch, CatalogTable known) {
    return OutOfMemoryException.guard("prepare a batch", () -> ready(batch, known));
  }

  private Mono<CatalogTable> readTarget() {
    return sessions
        .use(
            "catalog of " + position.target(),
            hints,
            session -> TargetCatalog.find(session, position.target()))
        .switchIfEmpty(Mono.error(hints::missing))
        .map(CatalogTable::requireVisible)
        .doOnNext(found -> target = found);
  }

  private Prepared ready(Batch batch, CatalogTable known) {
    List<Change> changes = batch.changes();
    TablePlan plan;
    try {
      plan = plan(changes.get(0).schema(), known);
    } catch (ShapeMismatchException e) {
      if (areOfOlderSchema(changes)) {
        return new Ready(batch, null, null, null);
      }
      throw e;
    }
    return new Ready(
        batch, known, plan, plan.hasKey() ? FoldedBatch.of(plan, changes, folds.mayCopy()) : null);
  }

  private boolean areOfOlderSchema(List<Change> changes) {
    Horizon known = horizon;
    return known != null && changes.stream().allMatch(known::isOfOlderSchema);
  }

  private TablePlan plan(WalSchema schema, CatalogTable known) {
    TablePlan plan = plans.get(schema.fingerprint());
    // A fingerprint is not unique.
    if (plan != null && plan.schema().equals(schema)) {
      return plan;
    }
    try {
      var compiled = new TablePlan(schema, known, position);
      plans.put(schema.fingerprint(), compiled);
      return compiled;
    } catch (ShapeMismatchException e) {
      // The user will probably change the table.
      target = null;
      throw e;
    }
  }

  @Override
  public Mono<Applied> apply(Prepared prepared) {
    var ready = (Ready) prepared;
    return held.requireOpen()
        .then(Failpoint.BEFORE_APPLY.before(Mono.defer(() -> applied(ready))))
        .onErrorResume(
            e -> held.close().then(Mono.defer(() -> described(e, ready))).flatMap(Mono::error));
  }

  /** Without a place: the caller knows the change, and reports it once. */
  Mono<RuntimeException> described(Throwable error, Ready ready) {
    if (error instanceof MissingRowException missing) {
      return Mono.just(missing.described(targetName(), hints.mapping()));
    }
    return described(error, ready.plan(), ready.batch().changes());
  }

  /** The same for an error of COMMIT: changes may have come in an earlier part. */
  Mono<RuntimeException> describedAtCommit(Throwable error, Ready ready) {
    return described(error, ready.plan() == null ? met : ready.plan(), ready.batch().changes());
  }

  private Mono<RuntimeException> described(
      Throwable error, @Nullable TablePlan plan, List<Change> changes) {
    return explanation.described(
        error, targetName(), plan == null ? null : WriteAttempt.of(plan, changes));
  }

  private Mono<Applied> applied(Ready ready) {
    return stage(ready).flatMap(this::written);
  }

  /** Counts a batch, once, and chooses the way to write it. */
  Mono<Staged> stage(Ready ready) {
    shortfall = shortfall.plus(fell);
    fell = Discrepancies.NONE;
    Batch batch = ready.batch();
    TablePlan plan = ready.plan();
    CatalogTable into = ready.target();
    if (plan == null || into == null) {
      return Mono.just(positionOnly(batch));
    }
    Mono<Staged> staged = Mono.defer(() -> stage(ready, plan, into));
    if (met == plan) {
      return staged;
    }
    List<Change> changes = batch.changes();
    Mono<Void> doubted =
        plan.hasKey() && seen.holdsAny(changes) ? doubt(plan, changes) : Mono.empty();
    return (seen.holds(changes) ? doubted : doubted.then(Mono.defer(() -> meet(plan))))
        .then(staged);
  }

  Staged positionOnly(Batch batch) {
    RepublishedFilter known = repetitions;
    return new StagedPosition(
        batch, position, known != null && held.inTransaction() ? known.evidence() : null);
  }

  /**
   * Sets marks before changes come again, for the values that they lose in columns that they do not
   * have.
   */
  private Mono<Void> doubt(TablePlan plan, List<Change> changes) {
    boolean inside = held.inTransaction();
    return held.session()
        .flatMap(session -> new OlderSchemas(position.known()).marks(session, plan, changes))
        .flatMap(
            marks ->
                held.transaction()
                    .flatMap(
                        session ->
                            session
                                .execute(position.marks().insertAll(marks))
                                .then(
                                    Mono.defer(
                                        () -> inside ? Mono.empty() : held.commit(session)))));
  }

  private Mono<Staged> stage(Ready ready, TablePlan plan, CatalogTable into) {
    return ready.folded() == null
        ? withoutKey(ready.batch(), plan, into)
        : withKey(ready.batch(), ready.folded());
  }

  /**
   * Checks, before the first changes of a plan, whether the table is still the same. Changes that
   * come again after a snapshot have the schema of their time, which shows nothing about the rows.
   */
  private Mono<Void> meet(TablePlan plan) {
    KnownTarget known = position.known();
    Set<String> columns = plan.carried();
    boolean inside = held.inTransaction();
    return held.session()
        .flatMap(session -> known.isChanged(session, columns))
        .filter(changed -> changed)
        .flatMap(changed -> held.transaction())
        .flatMap(
            session ->
                known
                    .look(session, columns)
                    .then(Mono.defer(() -> inside ? Mono.empty() : held.commit(session))))
        .then(Mono.fromRunnable(() -> met = plan));
  }

  private Mono<Staged> withKey(Batch batch, FoldedBatch folded) {
    seen.next(batch.changes(), folded.newestMicros());
    counts = counts.plus(folded.counts());
    if (!folded.plan().changes().assumesKey()) {
      return Mono.just(StagedFolds.of(batch, folded, folds));
    }
    return known()
        .doOnNext(known -> known.withoutRepeated(batch.changes()))
        .map(
            known ->
                StagedOnTrust.of(
                    batch,
                    folded,
                    folds,
                    known.evidence(),
                    repeated(batch.changes(), known.goesOn()),
                    seen));
  }

  /**
   * Number of changes that may come again. The rest of a partly committed transaction is not among
   * them, although it has the same time.
   */
  private int repeated(List<Change> changes, BitSet goesOn) {
    int repeated = seen.repeated();
    while (repeated > 0 && goesOn.get(repeated - 1) && !seen.isAheadOf(changes.get(repeated - 1))) {
      repeated--;
    }
    return repeated;
  }

  private Mono<Staged> withoutKey(Batch batch, TablePlan plan, CatalogTable into) {
    seen.next(batch.changes(), ReplayWindow.newest(batch.changes()));
    return known()
        .zipWhen(known -> missing(batch.changes(), plan, into))
        .map(
            both -> {
              RepublishedFilter known = both.getT1();
              List<Change> fresh = known.withoutRepeated(both.getT2());
              shortfall = shortfall.plus(Discrepancies.unproven(known.unproven()));
              counts = counts.plus(Counts.of(fresh));
              return StagedSteps.of(
                  batch,
                  plan,
                  position,
                  Segment.of(batch.changes(), fresh, seen),
                  known.evidence(),
                  shortfall.equals(Discrepancies.NONE));
            });
  }

  private Mono<List<Change>> missing(List<Change> changes, TablePlan plan, CatalogTable into) {
    return heldChanges.isInDoubt(changes)
        ? held.transaction()
            .flatMap(
                session -> heldChanges.missing(session, changes, into, plan.changes().images()))
        : Mono.fromCallable(() -> heldChanges.missing(changes, plan.changes().images()));
  }

  private Mono<RepublishedFilter> known() {
    return repetitions != null
        ? Mono.just(repetitions)
        : held.session().flatMap(position::repetitions).doOnNext(loaded -> repetitions = loaded);
  }

  private Mono<Applied> written(Staged staged) {
    Batch batch = staged.batch();
    if (batch.endsTransaction() && !held.inTransaction() && staged.isAlone()) {
      return alone(staged)
          .then(committed(batch))
          .onErrorResume(staged::mayRecover, e -> together(staged.after(e)));
    }
    return staged.isEmpty() && !batch.endsTransaction() ? Mono.empty() : together(staged);
  }

  /** Rows and position in a transaction of several statements, or a part of one. */
  private Mono<Applied> together(Staged staged) {
    Batch batch = staged.batch();
    return batch.endsTransaction()
        ? rows(staged)
            .then(Mono.defer(() -> move(staged)))
            .then(
                Failpoint.BEFORE_COMMIT.before(
                    Mono.defer(() -> held.session().flatMap(held::commit))))
            .then(committed(batch))
        : rows(staged).then(Mono.empty());
  }

  /** Takes the fence, in a transaction. */
  Mono<Void> fence() {
    return held.transaction().then();
  }

  /** The rows of the batch that was staged last, in a transaction that holds the fence. */
  Mono<Void> rows(Staged staged) {
    return held.transaction().flatMap(staged::rows).doOnNext(these -> fell = these).then();
  }

  /** Rows and position in one statement, which is a transaction. */
  private Mono<Void> alone(Staged staged) {
    return held.session()
        .flatMap(session -> staged.alone(session, moved(staged)))
        .flatMap(held::requireClaim);
  }

  /** Rows and position in one statement, in a transaction that is of no more use if it fails. */
  Mono<Void> attempt(Staged staged) {
    return held.session()
        .flatMap(session -> staged.attempt(session, moved(staged)))
        .flatMap(held::requireClaim);
  }

  /** Marks and position, in the transaction with the rows. */
  Mono<Void> move(Staged staged) {
    return held.transaction()
        .flatMap(
            session ->
                mark(session, staged.batch())
                    .then(
                        Mono.defer(
                            () -> {
                              PositionAdvance moved = moved(staged);
                              return session.update(
                                  position.update(moved),
                                  statement -> position.bind(statement, moved));
                            })))
        .flatMap(held::requireClaim);
  }

  /** Sets the marks of the transaction's changes; its transaction holds the fence. */
  private Mono<Void> mark(Session session, Batch batch) {
    return Flux.defer(
            () -> Flux.fromIterable(shortfall.plus(fell).marks(batch.position().sequence())))
        .concatMap(mark -> session.execute(position.marks().insert(mark, "(select) as once")))
        .then();
  }

  PositionAdvance moved(Staged staged) {
    return moved(staged.batch().position(), staged.evidence());
  }

  private PositionAdvance moved(Position to, @Nullable AppliedMark evidence) {
    return new PositionAdvance(from, to, counts.total(), evidence, seen.ahead(to))
        .with(heldChanges.assignments());
  }

  /** The position alone, between batches. */
  Moved moved(Position to) {
    return new Moved(position, moved(to, null));
  }

  private Mono<Applied> committed(Batch batch) {
    return Failpoint.AFTER_COMMIT
        .before(held.giveBack())
        .then(Mono.fromCallable(() -> nowCommitted(batch.position())));
  }

  /** Everything up to a position has been committed. */
  Applied nowCommitted(Position to) {
    Applied applied = counts.at(to, shortfall.plus(fell).missed());
    counts = Counts.NONE;
    shortfall = Discrepancies.NONE;
    fell = Discrepancies.NONE;
    from = to.sequence();
    seen.committed();
    heldChanges.saved();
    return applied;
  }

  PositionSql position() {
    return position;
  }

  String targetName() {
    return position.target().toString();
  }

  /** The id of the target; null if it is not known yet. */
  @Nullable Long targetId() {
    CatalogTable known = target;
    return known == null ? null : known.oid();
  }

  /** Makes its writes one transaction with those of others in that session. */
  void share(HeldSession shared) {
    held.share(shared);
  }

  void unshare() {
    held.unshare();
  }

  Mono<Void> requireOpen() {
    return held.requireOpen();
  }

  @Override
  public Mono<Void> close() {
    return held.close();
  }
}
