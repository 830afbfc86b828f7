package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.TableHints;
import dev.creek.consumer.postgres.control.SubscriptionTable;
import dev.creek.consumer.postgres.position.PositionAdvance;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.position.PositionsSql.Moved;
import dev.creek.consumer.postgres.schema.SchemaChanges;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Failpoint;
import dev.creek.consumer.stream.TableWriter;
import dev.creek.consumer.wire.Change;
import dev.creek.consumer.wire.WalSchema;
import java.util.List;
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
  private final TableHints hints;
  private final WriterErrors errors;
  private final SchemaChanges schemaChanges;
  private final PositionSql position;
  private final WriterSession held;
  private final Uncommitted uncommitted;
  private final BatchPreparation preparation;

  /** Only for apply, whose calls follow each other. */
  private final Staging staging;

  /**
   * A writer for a claimed table.
   *
   * @param policy what is done when the source's schema changes
   * @param newest the newest schema that the source has published; empty if it is not known
   */
  PostgresTableWriter(
      Sessions sessions,
      SubscriptionTable subscriptions,
      ManyTables many,
      Claim claim,
      SchemaPolicy policy,
      Mono<WalSchema> newest) {
    this.hints = subscriptions.hints(claim);
    PositionSql durable = subscriptions.position(claim);
    this.position = sessions.mayLoseLastCommits() ? durable.withoutWaiting() : durable;
    this.held = new WriterSession(sessions, position);
    this.schemaChanges = new SchemaChanges(policy, position, hints, newest);
    this.errors = new WriterErrors(sessions, hints, position, schemaChanges);
    this.uncommitted = new Uncommitted(claim.position());
    this.staging = new Staging(position, held, uncommitted, many, claim, schemaChanges);
    this.preparation =
        new BatchPreparation(many, hints, position, claim, staging::mayCopy, schemaChanges);
  }

  /**
   * @param target null if the batch has no changes, or none to apply; so is the plan
   * @param folded null if the table has no key
   * @param unfit null unless the target must be altered first; then there is no plan
   */
  record Ready(
      Batch batch,
      @Nullable CatalogTable target,
      @Nullable TablePlan plan,
      @Nullable FoldedBatch folded,
      @Nullable Unfit unfit)
      implements Prepared {

    /** A batch whose position alone is written. */
    static Ready empty(Batch batch) {
      return new Ready(batch, null, null, null, null);
    }
  }

  /**
   * The target does not fit a batch's schema.
   *
   * @param columns those that are the cause, as far as they are known
   */
  record Unfit(List<String> columns) {}

  @Override
  public Mono<Prepared> prepare(Batch batch) {
    return preparation.prepared(batch).cast(Prepared.class);
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
    return described(
        error, ready.unfit() == null ? ready.plan() : staging.met(), ready.batch().changes());
  }

  /** The same for an error of COMMIT: changes may have come in an earlier part. */
  Mono<RuntimeException> describedAtCommit(Throwable error, Ready ready) {
    return described(
        error, ready.plan() == null ? staging.met() : ready.plan(), ready.batch().changes());
  }

  private Mono<RuntimeException> described(
      Throwable error, @Nullable TablePlan plan, List<Change> changes) {
    return errors.described(error, plan == null ? null : WriteAttempt.of(plan, changes));
  }

  private Mono<Applied> applied(Ready ready) {
    return recognise(ready).then(Mono.defer(() -> stage(ready))).flatMap(this::written);
  }

  /**
   * Learns, before a batch is staged, that its table is still the same. May be left out; may run
   * beside the same of other tables.
   */
  Mono<Void> recognise(Ready ready) {
    return staging.recognise(ready.plan(), ready.batch().changes());
  }

  /**
   * Counts a batch, once, and chooses the way to write it. If the target must be altered for it, it
   * is, in the transaction that moves the position past the batch.
   */
  Mono<Staged> stage(Ready ready) {
    return fitting(ready).flatMap(staging::staged);
  }

  private Mono<Ready> fitting(Ready ready) {
    Unfit unfit = ready.unfit();
    return unfit == null
        ? preparation.renewed(ready)
        : held.transaction()
            .flatMap(
                session ->
                    schemaChanges.follow(
                        session, ready.batch().changes().get(0).schema(), unfit.columns()))
            .switchIfEmpty(Mono.error(hints::missing))
            .delayUntil(altered -> held.deferAgain())
            .map(altered -> preparation.afterwards(ready.batch(), altered))
            .flatMap(altered -> unfit.equals(altered.unfit()) ? unaltered() : fitting(altered));
  }

  /** Another value may not fit another column; the same column would be met for ever. */
  private static Mono<Ready> unaltered() {
    return Mono.error(
        new IllegalStateException("the target does not fit although it has been altered"));
  }

  Staged positionOnly(Batch batch) {
    return staging.positionOnly(batch);
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
    return held.transaction().flatMap(staged::rows).doOnNext(uncommitted::written).then();
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
    return Flux.defer(() -> Flux.fromIterable(uncommitted.marks(batch.position().sequence())))
        .concatMap(mark -> session.execute(position.marks().insert(mark, "(select) as once")))
        .then();
  }

  PositionAdvance moved(Staged staged) {
    return staging.to(staged.batch().position(), staged.evidence());
  }

  /** The position alone, between batches. */
  Moved moved(Position to) {
    return new Moved(position, staging.to(to, null));
  }

  private Mono<Applied> committed(Batch batch) {
    return Failpoint.AFTER_COMMIT
        .before(held.giveBack())
        .then(Mono.fromCallable(() -> nowCommitted(batch.position())));
  }

  /** Everything up to a position has been committed. */
  Applied nowCommitted(Position to) {
    staging.committed();
    schemaChanges.committed();
    return uncommitted.committed(to);
  }

  PositionSql position() {
    return position;
  }

  String targetName() {
    return position.target().toString();
  }

  /** The id of the target; null if it is not known yet. */
  @Nullable Long targetId() {
    return preparation.targetId();
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
