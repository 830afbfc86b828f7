package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.postgres.apply.PostgresTableWriter.Ready;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.position.AppliedMark;
import dev.creek.consumer.postgres.position.KnownTarget;
import dev.creek.consumer.postgres.position.KnownTarget.Sight;
import dev.creek.consumer.postgres.position.PositionAdvance;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.position.RepublishedFilter;
import dev.creek.consumer.postgres.schema.SchemaChanges;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.wire.Change;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Stages one table's batches: counts each batch once, leaves out changes that the target is known
 * to hold, and chooses the way to write the others. For one batch after another; after a rollback
 * it cannot be used any more.
 */
final class Staging {
  private final PositionSql position;
  private final WriterSession held;
  private final Uncommitted uncommitted;
  private final SchemaChanges schemaChanges;
  private final ReplayWindow seen;
  private final FoldedWriter folds;
  private final ManyTables many;
  private final Claim claim;

  /** Only for a table without a key, except for what it stores. */
  private final OverlapFilter heldChanges;

  /** The plan of the changes that were staged last. */
  private @Nullable TablePlan met;

  /** Only for a table without a key, or with an assumed one. */
  private @Nullable RepublishedFilter repetitions;

  Staging(
      PositionSql position,
      WriterSession held,
      Uncommitted uncommitted,
      ManyTables many,
      Claim claim,
      SchemaChanges schemaChanges) {
    this.schemaChanges = schemaChanges;
    this.position = position;
    this.held = held;
    this.uncommitted = uncommitted;
    this.many = many;
    this.claim = claim;
    this.seen = new ReplayWindow(claim);
    this.folds = new FoldedWriter(held, seen);
    this.heldChanges = new OverlapFilter(position, claim);
  }

  /** Tells whether to prepare rows for COPY. May be called beside a write: it is only a guess. */
  boolean mayCopy() {
    return folds.mayCopy();
  }

  /** The plan of the changes that were staged last; null if there were none. */
  @Nullable TablePlan met() {
    return met;
  }

  /**
   * Learns that the table is still the same before the first changes of a plan, together with
   * others that ask at the same time: most often it is, or has just been subscribed. Otherwise the
   * table is examined when the changes are staged. In an open transaction, which may have emptied
   * the table, nothing is learnt.
   */
  Mono<Void> recognise(@Nullable TablePlan plan, List<Change> changes) {
    if (plan == null || met == plan || held.inTransaction() || seen.holdsAny(changes)) {
      return Mono.empty();
    }
    return many.isSettled(new Sight(claim, plan.carried()))
        .filter(settled -> settled)
        .doOnNext(settled -> met = plan)
        .then();
  }

  /** Counts a batch, once, and chooses the way to write it. */
  Mono<Staged> staged(Ready ready) {
    uncommitted.nextBatch();
    Batch batch = ready.batch();
    TablePlan plan = ready.plan();
    CatalogTable into = ready.target();
    if (plan == null || into == null) {
      return Mono.just(positionOnly(batch));
    }
    Mono<Staged> staged = Mono.defer(() -> staged(ready, plan, into));
    if (met == plan) {
      return staged;
    }
    List<Change> changes = batch.changes();
    Mono<Void> doubted =
        plan.hasKey() && seen.holdsAny(changes) ? doubt(plan, changes) : Mono.empty();
    return (seen.holds(changes) ? doubted : doubted.then(Mono.defer(() -> meet(plan))))
        .then(staged);
  }

  /** A batch whose position alone is to be written. */
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

  /**
   * Checks, before the first changes of a plan, whether the table is still the same, and whether
   * the policy allows to go on if the source has lost columns. Changes that come again after a
   * snapshot have the schema of their time, which shows nothing about the rows.
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
                schemaChanges
                    .follow(session, plan.schema(), List.of())
                    .then(Mono.defer(() -> known.look(session, columns)))
                    .then(Mono.defer(() -> inside ? Mono.empty() : held.commit(session))))
        .then(Mono.fromRunnable(() -> met = plan));
  }

  private Mono<Staged> staged(Ready ready, TablePlan plan, CatalogTable into) {
    return ready.folded() == null
        ? withoutKey(ready.batch(), plan, into)
        : withKey(ready.batch(), ready.folded());
  }

  private Mono<Staged> withKey(Batch batch, FoldedBatch folded) {
    seen.next(batch.changes(), folded.newestMicros());
    uncommitted.add(folded.counts());
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
              uncommitted.add(Discrepancies.unproven(known.unproven()));
              uncommitted.add(Counts.of(fresh));
              return StagedSteps.of(
                  batch,
                  plan,
                  position,
                  Segment.of(batch.changes(), fresh, seen),
                  known.evidence(),
                  uncommitted.isUnmarked());
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

  /** The move to a position, with all that is stored for reading on behind it. */
  PositionAdvance to(Position to, @Nullable AppliedMark evidence) {
    return uncommitted.to(to, evidence, seen.ahead(to)).with(heldChanges.assignments());
  }

  /** Everything that was staged has been committed. */
  void committed() {
    seen.committed();
    heldChanges.saved();
  }
}
