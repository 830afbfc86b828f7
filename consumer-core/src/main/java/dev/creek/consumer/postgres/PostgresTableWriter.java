package dev.creek.consumer.postgres;

import dev.creek.consumer.row.ShapeMismatchException;
import dev.creek.consumer.row.Step;
import dev.creek.consumer.stream.Applied;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Failpoint;
import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.stream.Position;
import dev.creek.consumer.stream.TableWriter;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.Fingerprint;
import dev.creek.consumer.wire.WalSchema;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
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
  private final PositionSql position;
  private final HeldSession held;
  private final Map<Fingerprint, TablePlan> plans = new ConcurrentHashMap<>();
  private volatile @Nullable Target target;

  /** Only for apply, as what follows. */
  private final SeenTime seen;

  /** The plan of the changes that were written last; only for apply. */
  private @Nullable TablePlan met;

  /** Changes since the last commit; only for apply, whose calls follow each other. */
  private Counts counts = Counts.NONE;

  /** Up to where the target is; only for apply. */
  private long from;

  /** Only of a table without a key, but for what it stores. */
  private final HeldChanges heldChanges;

  /** What a snapshot that replaced all rows holds; null where there was none. */
  private final @Nullable Horizon horizon;

  /** Only of a table without a key, once it has changes; only for apply. */
  private @Nullable Repetitions repetitions;

  private final FreshRows fresh = new FreshRows();

  PostgresTableWriter(Sessions sessions, SubscriptionTable subscriptions, Claim claim) {
    this.sessions = sessions;
    this.hints = subscriptions.hints(claim);
    PositionSql durable = subscriptions.position(claim);
    this.position = sessions.mayLoseLastCommits() ? durable.withoutWaiting() : durable;
    this.held = new HeldSession(sessions, position);
    this.seen = new SeenTime(claim);
    this.heldChanges = new HeldChanges(position, claim);
    this.horizon = claim.horizon();
    this.from = claim.position().sequence();
  }

  /**
   * @param target null where the batch has no changes, or none to apply, as is the plan
   * @param folded null where the table has no key
   */
  private record Ready(
      Batch batch, @Nullable Target target, @Nullable TablePlan plan, @Nullable FoldedBatch folded)
      implements Prepared {}

  @Override
  public Mono<Prepared> prepare(Batch given) {
    Batch batch = withoutHeld(given);
    if (batch.changes().isEmpty()) {
      return Mono.just(new Ready(batch, null, null, null));
    }
    Target known = target;
    return known == null
        ? readTarget().map(found -> ready(batch, found))
        : Mono.fromCallable(() -> ready(batch, known));
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

  private Mono<Target> readTarget() {
    return sessions
        .use(
            "catalog of " + position.target(),
            hints,
            session -> TargetCatalog.find(session, position.target()))
        .switchIfEmpty(Mono.error(hints::missing))
        .map(Target::requireVisible)
        .doOnNext(found -> target = found);
  }

  private Prepared ready(Batch batch, Target known) {
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
        batch, known, plan, plan.hasKey() ? FoldedBatch.of(plan, changes, fresh.mayCopy()) : null);
  }

  private boolean areOfOlderSchema(List<Change> changes) {
    Horizon known = horizon;
    return known != null && changes.stream().allMatch(known::isOfOlderSchema);
  }

  private TablePlan plan(WalSchema schema, Target known) {
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
        .onErrorResume(e -> held.close().then(Mono.error(() -> told(e, ready.batch()))));
  }

  private RuntimeException told(Throwable error, Batch batch) {
    List<Change> changes = batch.changes();
    long last =
        changes.isEmpty()
            ? batch.position().sequence()
            : changes.get(changes.size() - 1).sequence();
    return SqlErrors.told(error, position.target() + " at stream sequence " + last, hints);
  }

  private Mono<Applied> applied(Ready ready) {
    Batch batch = ready.batch();
    TablePlan plan = ready.plan();
    Target known = ready.target();
    if (plan == null || known == null) {
      return positionOnly(batch);
    }
    return met == plan || seen.holds(batch.changes())
        ? written(ready, plan, known)
        : meet(plan).then(Mono.defer(() -> written(ready, plan, known)));
  }

  private Mono<Applied> written(Ready ready, TablePlan plan, Target known) {
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
      return held.transaction()
          .flatMap(session -> onTrust(session, folded).then(ended(session, batch, null)));
    }
    if (held.inTransaction() || !batch.endsTransaction() || folded.folded().truncate()) {
      return held.transaction()
          .flatMap(session -> part(session, folded).then(ended(session, batch, null)));
    }
    return held.session()
        .flatMap(session -> whole(session, batch, folded))
        .then(committed(batch))
        .onErrorResume(
            SqlErrors::mayDependOnOrder,
            e ->
                held.transaction()
                    .flatMap(
                        session ->
                            inOrder(session, folded.plan(), batch.changes())
                                .then(ended(session, batch, null))));
  }

  /**
   * Writes a batch by a key of which it is not proven that the source's rows never meet by it. What
   * may come again is written as ever; what comes for the first time must not come into being where
   * a row is.
   */
  private Mono<Void> onTrust(Session session, FoldedBatch folded) {
    int repeated = seen.repeated();
    List<Change> first = folded.changes().subList(repeated, folded.changes().size());
    if (first.isEmpty()) {
      return part(session, folded);
    }
    if (repeated == 0) {
      return new AssumedKey(folded.plan(), first)
          .write(session, inOrder -> part(session, folded, inOrder));
    }
    FoldedBatch again = FoldedBatch.of(folded.plan(), folded.changes().subList(0, repeated), false);
    FoldedBatch rest = FoldedBatch.of(folded.plan(), first, false);
    return part(session, again)
        .then(
            Mono.defer(
                () ->
                    new AssumedKey(folded.plan(), first)
                        .write(session, inOrder -> part(session, rest, inOrder))));
  }

  /** Rows and position, committed; without a trace where it fails. */
  private Mono<Void> whole(Session session, Batch batch, FoldedBatch folded) {
    Moved moved = moved(batch, null);
    return fresh
        .write(folded, how -> folded.alone(session, how, moved), Mono.empty())
        .flatMap(held::requireClaim);
  }

  /** Writes what is left of each row; where the order mattered after all, change by change. */
  private Mono<Void> part(Session session, FoldedBatch folded) {
    return part(
        session, folded, Mono.defer(() -> inOrder(session, folded.plan(), folded.changes())));
  }

  private Mono<Void> part(Session session, FoldedBatch folded, Mono<Void> inOrder) {
    return held.savepoint(session)
        .then(survivors(session, folded))
        .onErrorResume(
            SqlErrors::mayDependOnOrder, e -> held.rollbackToSavepoint(session).then(inOrder));
  }

  /**
   * Change by change; those first that may be repetitions. What was one statement at the source is
   * several then, and may be so in a part of a transaction: a deferrable constraint that held at
   * the end of that statement holds at the end of the transaction.
   */
  private Mono<Void> inOrder(Session session, TablePlan plan, List<Change> changes) {
    int repeated = seen.repeated();
    return session
        .execute("set constraints all deferred")
        .then(
            Mono.defer(
                () -> Steps.run(session, plan, steps(plan, changes.subList(0, repeated)), true)))
        .then(
            Mono.defer(
                () ->
                    Steps.run(
                        session, plan, steps(plan, changes.subList(repeated, changes.size())))));
  }

  private static Iterator<Step> steps(TablePlan plan, List<Change> changes) {
    return plan.changes().unfolded(changes).iterator();
  }

  private Mono<Void> survivors(Session session, FoldedBatch folded) {
    Mono<Void> emptied =
        folded.folded().truncate() ? session.execute(folded.plan().truncate()) : Mono.empty();
    return folded.isEmpty()
        ? emptied
        : fresh
            .write(
                folded,
                how -> emptied.then(folded.inside(session, how)),
                held.rollbackToSavepoint(session))
            .then();
  }

  private Mono<Applied> withoutKey(Batch batch, TablePlan plan, Target into) {
    seen.next(batch.changes(), SeenTime.newest(batch.changes()));
    return known()
        .zipWhen(known -> missing(batch.changes(), plan, into))
        .flatMap(
            both -> {
              Repetitions known = both.getT1();
              List<Change> fresh = known.withoutRepeated(both.getT2());
              counts = counts.plus(Counts.of(fresh));
              Iterator<Step> steps = steps(plan, fresh);
              boolean whole = !held.inTransaction() && batch.endsTransaction();
              return whole
                  ? wholeInOrder(batch, plan, steps, known.evidence())
                  : inOrder(batch, plan, steps, known.evidence());
            });
  }

  private Mono<List<Change>> missing(List<Change> changes, TablePlan plan, Target into) {
    return heldChanges.isInDoubt(changes)
        ? held.transaction()
            .flatMap(
                session -> heldChanges.missing(session, changes, into, plan.changes().images()))
        : Mono.fromCallable(() -> heldChanges.missing(changes, plan.changes().images()));
  }

  private Mono<Repetitions> known() {
    return repetitions != null
        ? Mono.just(repetitions)
        : held.session().flatMap(position::repetitions).doOnNext(loaded -> repetitions = loaded);
  }

  /** One step needs no transaction around it. */
  private Mono<Applied> wholeInOrder(
      Batch batch, TablePlan plan, Iterator<Step> steps, @Nullable Evidence evidence) {
    if (!steps.hasNext()) {
      return held.session()
          .flatMap(session -> move(session, batch, evidence))
          .then(committed(batch));
    }
    Step first = steps.next();
    if (steps.hasNext() || first instanceof Step.Truncate) {
      return held.transaction()
          .flatMap(
              session ->
                  Steps.run(session, plan, first, false)
                      .then(Steps.run(session, plan, steps))
                      .then(ended(session, batch, evidence)));
    }
    Moved moved = moved(batch, evidence).with(heldChanges.assignments());
    return held.session()
        .flatMap(session -> Steps.runAlone(session, plan, first, position, moved))
        .flatMap(held::requireClaim)
        .then(committed(batch));
  }

  private Mono<Applied> inOrder(
      Batch batch, TablePlan plan, Iterator<Step> steps, @Nullable Evidence evidence) {
    return held.transaction()
        .flatMap(session -> Steps.run(session, plan, steps).then(ended(session, batch, evidence)));
  }

  /** Behind a part: commits where the batch ends the source transaction. */
  private Mono<Applied> ended(Session session, Batch batch, @Nullable Evidence evidence) {
    return batch.endsTransaction() ? finish(session, batch, evidence) : Mono.empty();
  }

  private Mono<Applied> finish(Session session, Batch batch, @Nullable Evidence evidence) {
    return move(session, batch, evidence)
        .then(Failpoint.BEFORE_COMMIT.before(Mono.defer(() -> held.commit(session))))
        .then(committed(batch));
  }

  private Moved moved(Batch batch, @Nullable Evidence evidence) {
    Position to = batch.position();
    return new Moved(from, to, counts.total(), evidence, seen.ahead(to));
  }

  private Mono<Void> move(Session session, Batch batch, @Nullable Evidence evidence) {
    return Mono.defer(
        () -> {
          Moved moved = moved(batch, evidence).with(heldChanges.assignments());
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
                  Applied applied = counts.at(batch.position());
                  counts = Counts.NONE;
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
