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
import dev.creek.consumer.postgres.position.RepublishedFilter;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.row.Step;
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
 * committed by itself. What that cannot hold – parts of a long source transaction, TRUNCATE, a
 * batch that must be applied change by change – runs in a transaction that takes the fence first
 * and moves the position last. After an error the writer is of no more use.
 */
final class PostgresTableWriter implements TableWriter {
  private final Sessions sessions;
  private final TableHints hints;
  private final Explanation explanation;
  private final PositionSql position;
  private final WriterSession held;
  private final Map<Fingerprint, TablePlan> plans = new ConcurrentHashMap<>();
  private volatile @Nullable CatalogTable target;

  /** Only for apply, as what follows. */
  private final ReplayWindow seen;

  /** The plan of the changes that were written last; only for apply. */
  private @Nullable TablePlan met;

  /** Changes since the last commit; only for apply, whose calls follow each other. */
  private Counts counts = Counts.NONE;

  /** Up to where the target is; only for apply. */
  private long from;

  /** Only of a table without a key, but for what it stores. */
  private final OverlapFilter heldChanges;

  /** What a snapshot that replaced all rows holds; null where there was none. */
  private final @Nullable Horizon horizon;

  /** Only of a table without a key, or with an assumed one; only for apply. */
  private @Nullable RepublishedFilter repetitions;

  /** What those changes did not touch; only for apply. */
  private Discrepancies shortfall = Discrepancies.NONE;

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
   * @param target null where the batch has no changes, or none to apply, as is the plan
   * @param folded null where the table has no key
   */
  private record Ready(
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

  /** What a snapshot holds for certain needs no row, whatever the target's columns are by now. */
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
      // The user is about to change the table.
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

  /**
   * Without a place: whoever drives this writer knows best which change it was, and tells it once.
   */
  private Mono<RuntimeException> described(Throwable error, Ready ready) {
    String what = position.target().toString();
    if (error instanceof MissingRowException missing) {
      return Mono.just(missing.described(what, hints.mapping()));
    }
    TablePlan plan = ready.plan();
    return explanation.described(
        error, what, plan == null ? null : WriteAttempt.of(plan, ready.batch().changes()));
  }

  private Mono<Applied> applied(Ready ready) {
    Batch batch = ready.batch();
    TablePlan plan = ready.plan();
    CatalogTable known = ready.target();
    if (plan == null || known == null) {
      return positionOnly(batch);
    }
    Mono<Applied> written = Mono.defer(() -> written(ready, plan, known));
    if (met == plan) {
      return written;
    }
    List<Change> changes = batch.changes();
    Mono<Void> doubted =
        plan.hasKey() && seen.holdsAny(changes) ? doubt(plan, changes) : Mono.empty();
    return (seen.holds(changes) ? doubted : doubted.then(Mono.defer(() -> meet(plan))))
        .then(written);
  }

  /** Marks, before changes come again, what they lose of columns that they do not know. */
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

  private Mono<Applied> written(Ready ready, TablePlan plan, CatalogTable known) {
    return ready.folded() == null
        ? withoutKey(ready.batch(), plan, known)
        : withKey(ready.batch(), ready.folded());
  }

  /**
   * Looks, before the first changes of a plan, whether the table is the one that it was. What comes
   * again behind a snapshot has the schema of its time, and tells nothing of the rows.
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

  private Mono<Applied> positionOnly(Batch batch) {
    if (!batch.endsTransaction()) {
      return Mono.empty();
    }
    return held.inTransaction()
        ? held.transaction().flatMap(session -> finish(session, batch, null))
        : held.session().flatMap(session -> move(session, batch, null)).then(committed(batch));
  }

  private Mono<Applied> withKey(Batch batch, FoldedBatch folded) {
    seen.next(batch.changes(), folded.newestMicros());
    counts = counts.plus(folded.counts());
    if (folded.plan().changes().assumesKey()) {
      return known()
          .doOnNext(known -> known.withoutRepeated(batch.changes()))
          .flatMap(
              known ->
                  held.transaction()
                      .flatMap(
                          session ->
                              onTrust(session, folded, repeated(batch.changes(), known.goesOn()))
                                  .doOnNext(this::fellShort)
                                  .then(ended(session, batch, known.evidence()))));
    }
    FoldedWriter.Way way = folds.way(folded);
    if (held.inTransaction()
        || !batch.endsTransaction()
        || folded.folded().truncate()
        || !way.isAlone()) {
      return part(batch, folded, way);
    }
    PositionAdvance moved = moved(batch, null);
    return held.session()
        .flatMap(session -> folds.alone(session, folded, way, moved))
        .then(committed(batch))
        .onErrorResume(
            FoldedWriter::mayRecover, e -> part(batch, folded, folds.other(folded, way, e)));
  }

  private Mono<Applied> part(Batch batch, FoldedBatch folded, FoldedWriter.Way way) {
    return held.transaction()
        .flatMap(
            session ->
                folds
                    .part(session, folded, way)
                    .doOnNext(this::fellShort)
                    .then(ended(session, batch, null)));
  }

  private void fellShort(Discrepancies more) {
    shortfall = shortfall.plus(more);
  }

  /**
   * Writes a batch by a key of which it is not proven that the source's rows never meet by it. What
   * may come again is written as ever; what comes for the first time must not come into being where
   * a row is.
   */
  private Mono<Discrepancies> onTrust(Session session, FoldedBatch folded, int repeated) {
    List<Change> changes = folded.changes();
    List<Change> first = changes.subList(repeated, changes.size());
    if (first.isEmpty()) {
      return folds.part(session, folded, folds.way(folded));
    }
    var assumed = new AssumedKey(folded.plan(), first);
    if (repeated == 0) {
      return assumed.write(
          session, inOrder -> folds.part(session, folded, folds.way(folded), inOrder));
    }
    FoldedBatch rest = FoldedBatch.of(folded.plan(), first, false);
    return Segment.run(
            session, folded.plan(), Segment.of(changes, changes.subList(0, repeated), seen))
        .flatMap(
            again ->
                assumed
                    .write(
                        session,
                        inOrder -> folds.part(session, rest, FoldedWriter.Way.AT_ONCE, inOrder))
                    .map(again::plus));
  }

  /**
   * How many may come again. The rest of a transaction of which a part has been committed is not
   * among them, though it is of the same time.
   */
  private int repeated(List<Change> changes, BitSet goesOn) {
    int repeated = seen.repeated();
    while (repeated > 0 && goesOn.get(repeated - 1) && !seen.isAheadOf(changes.get(repeated - 1))) {
      repeated--;
    }
    return repeated;
  }

  private Mono<Applied> withoutKey(Batch batch, TablePlan plan, CatalogTable into) {
    seen.next(batch.changes(), ReplayWindow.newest(batch.changes()));
    return known()
        .zipWhen(known -> missing(batch.changes(), plan, into))
        .flatMap(
            both -> {
              RepublishedFilter known = both.getT1();
              List<Change> fresh = known.withoutRepeated(both.getT2());
              fellShort(Discrepancies.unproven(known.unproven()));
              counts = counts.plus(Counts.of(fresh));
              List<Segment> segments = Segment.of(batch.changes(), fresh, seen);
              return held.inTransaction()
                      || !batch.endsTransaction()
                      || !shortfall.equals(Discrepancies.NONE)
                  ? inOrder(batch, plan, segments, known.evidence())
                  : wholeInOrder(batch, plan, segments, known.evidence());
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

  /** One step needs no transaction around it. */
  private Mono<Applied> wholeInOrder(
      Batch batch, TablePlan plan, List<Segment> segments, @Nullable AppliedMark evidence) {
    if (segments.isEmpty()) {
      return held.session()
          .flatMap(session -> move(session, batch, evidence))
          .then(committed(batch));
    }
    Step only = segments.size() == 1 ? segments.get(0).onlyStep(plan) : null;
    if (only == null) {
      return inOrder(batch, plan, segments, evidence);
    }
    PositionAdvance moved = moved(batch, evidence).with(heldChanges.assignments());
    return held.session()
        .flatMap(session -> new OrderedChanges(session, plan).runAlone(only, position, moved))
        .flatMap(held::requireClaim)
        .then(committed(batch))
        .onErrorResume(FoldedSql::missedRows, e -> inOrder(batch, plan, segments, evidence));
  }

  private Mono<Applied> inOrder(
      Batch batch, TablePlan plan, List<Segment> segments, @Nullable AppliedMark evidence) {
    return held.transaction()
        .flatMap(
            session ->
                plan.deferring(session)
                    .then(Mono.defer(() -> Segment.run(session, plan, segments)))
                    .doOnNext(this::fellShort)
                    .then(ended(session, batch, evidence)));
  }

  /** Behind a part: commits where the batch ends the source transaction. */
  private Mono<Applied> ended(Session session, Batch batch, @Nullable AppliedMark evidence) {
    return batch.endsTransaction() ? finish(session, batch, evidence) : Mono.empty();
  }

  private Mono<Applied> finish(Session session, Batch batch, @Nullable AppliedMark evidence) {
    return mark(session, batch)
        .then(move(session, batch, evidence))
        .then(Failpoint.BEFORE_COMMIT.before(Mono.defer(() -> held.commit(session))))
        .then(committed(batch));
  }

  /** Sets the marks that the transaction's changes leave; its transaction holds the fence. */
  private Mono<Void> mark(Session session, Batch batch) {
    return Flux.defer(() -> Flux.fromIterable(shortfall.marks(batch.position().sequence())))
        .concatMap(mark -> session.execute(position.marks().insert(mark, "(select) as once")))
        .then();
  }

  private PositionAdvance moved(Batch batch, @Nullable AppliedMark evidence) {
    Position to = batch.position();
    return new PositionAdvance(from, to, counts.total(), evidence, seen.ahead(to));
  }

  private Mono<Void> move(Session session, Batch batch, @Nullable AppliedMark evidence) {
    return Mono.defer(
        () -> {
          PositionAdvance moved = moved(batch, evidence).with(heldChanges.assignments());
          return session
              .update(position.update(moved), statement -> position.bind(statement, moved))
              .flatMap(held::requireClaim);
        });
  }

  private Mono<Applied> committed(Batch batch) {
    return Failpoint.AFTER_COMMIT
        .before(held.giveBack())
        .then(
            Mono.fromCallable(
                () -> {
                  Applied applied = counts.at(batch.position(), shortfall.missed());
                  counts = Counts.NONE;
                  shortfall = Discrepancies.NONE;
                  from = batch.position().sequence();
                  seen.committed();
                  heldChanges.saved();
                  return applied;
                }));
  }

  @Override
  public Mono<Void> close() {
    return held.close();
  }
}
