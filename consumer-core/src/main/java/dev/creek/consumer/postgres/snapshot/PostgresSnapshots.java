package dev.creek.consumer.postgres.snapshot;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.apply.Explanation;
import dev.creek.consumer.postgres.apply.WriteAttempt;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.SourceKey;
import dev.creek.consumer.postgres.catalog.TableCreator;
import dev.creek.consumer.postgres.catalog.TableHints;
import dev.creek.consumer.postgres.catalog.TargetCatalog;
import dev.creek.consumer.postgres.control.Claims;
import dev.creek.consumer.postgres.control.SubscriptionTable;
import dev.creek.consumer.postgres.position.PositionSql;
import dev.creek.consumer.postgres.schema.SchemaChanges;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.postgres.verify.ComparisonTables;
import dev.creek.consumer.row.Misfits;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.row.SchemaPlan;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.SnapshotTables;
import dev.creek.consumer.stream.SnapshotWriter;
import dev.creek.consumer.wire.RecordShape;
import java.util.List;
import reactor.core.publisher.Mono;

/** The target's tables as snapshots fill them. */
public final class PostgresSnapshots implements SnapshotTables {
  private final Sessions sessions;
  private final SubscriptionTable subscriptions;
  private final Claims claims;
  private final ComparisonTables counterparts;
  private final TableCreator creator;
  private final SchemaPolicy schemaChanges;

  /**
   * The tables of a target.
   *
   * @param schemaChanges the policy of tables that have none of their own
   */
  public PostgresSnapshots(
      Sessions sessions,
      SubscriptionTable subscriptions,
      Claims claims,
      ComparisonTables counterparts,
      SchemaPolicy schemaChanges) {
    this.schemaChanges = schemaChanges;
    this.sessions = sessions;
    this.subscriptions = subscriptions;
    this.claims = claims;
    this.counterparts = counterparts;
    this.creator = new TableCreator(sessions);
  }

  @Override
  public Mono<Claim> claimForSnapshot(Mapping mapping) {
    return claims.claimForSnapshot(mapping);
  }

  @Override
  public Mono<SnapshotWriter> writer(Claim claim, SnapshotMode mode, RecordShape shape) {
    TargetTable name = claim.mapping().target();
    TableHints hints = subscriptions.hints(claim).of(mode);
    PositionSql position = subscriptions.position(claim);
    return creator
        .create(name, shape)
        .flatMap(
            created ->
                created
                    ? writer(claim, mode, shape, hints, position)
                        .map(w -> new ProvisionalTable(w, sessions, position, name))
                    : writer(claim, mode, shape, hints, position));
  }

  private Mono<SnapshotWriter> writer(
      Claim claim, SnapshotMode mode, RecordShape shape, TableHints hints, PositionSql position) {
    TargetTable name = claim.mapping().target();
    var explanation = new Explanation(sessions, hints);
    SchemaPolicy own = claim.schemaChanges();
    var changes =
        new SchemaChanges(own == null ? schemaChanges : own, position, hints, Mono.empty());
    Misfits misfits = SchemaPlan.misfits(changes.policy());
    return sessions
        .use("catalog of " + name, hints, session -> TargetCatalog.find(session, name))
        .switchIfEmpty(Mono.error(hints::missing))
        .map(CatalogTable::requireVisible)
        .flatMap(
            target ->
                mode == SnapshotMode.CLEAN
                    ? CleanSnapshot.open(sessions, position, explanation, target, shape, misfits)
                    : fitting(position, hints, changes, target, shape)
                        .flatMap(
                            fitting ->
                                upsert(
                                    position,
                                    hints,
                                    explanation,
                                    fitting,
                                    shape,
                                    RowPlan.of(shape, fitting.shape(), misfits))));
  }

  /**
   * The target, altered if the policy wants that: the rows of a snapshot have the source's newest
   * columns. It is a transaction of its own, before the first row is written.
   */
  private Mono<CatalogTable> fitting(
      PositionSql position,
      TableHints hints,
      SchemaChanges changes,
      CatalogTable target,
      RecordShape shape) {
    return changes.policy().alters()
        ? sessions
            .transaction(
                "schema of " + position.target(),
                hints,
                session ->
                    session
                        .update(position.lock(), position::bindClaim)
                        .flatMap(locked -> changes.follow(session, shape)))
            .doOnNext(altered -> changes.committed())
            .defaultIfEmpty(target)
        : Mono.just(target);
  }

  @Override
  public Mono<SnapshotWriter> filler(Claim claim, List<String> columns, RecordShape shape) {
    TargetTable name = claim.mapping().target();
    TableHints hints = subscriptions.hints(claim).filling(columns);
    PositionSql position = subscriptions.position(claim);
    var filling = new Filling(claim.mapping(), columns, hints);
    return sessions.use(
        "catalog of " + name,
        hints,
        session ->
            TargetCatalog.find(session, name)
                .switchIfEmpty(Mono.error(hints::missing))
                .map(CatalogTable::requireVisible)
                .flatMap(
                    target -> {
                      RowPlan plan = filling.plan(shape, target);
                      return position
                          .known()
                          .present(session, columns)
                          .map(
                              present ->
                                  new UpsertSnapshotWriter(
                                      sessions,
                                      position,
                                      new Explanation(sessions, hints),
                                      target,
                                      shape,
                                      plan,
                                      new Extent.OfColumns(target.sqlName(), columns, present)));
                    }));
  }

  private Mono<SnapshotWriter> upsert(
      PositionSql position,
      TableHints hints,
      Explanation explanation,
      CatalogTable target,
      RecordShape shape,
      RowPlan plan) {
    if (plan.key() == null) {
      return Mono.error(hints.withoutKey(target, SourceKey.of(shape)));
    }
    return isEmpty(target, position, explanation)
        .map(
            empty ->
                new UpsertSnapshotWriter(
                    sessions,
                    position,
                    explanation,
                    target,
                    shape,
                    plan,
                    new Extent.OfRows(empty)));
  }

  private Mono<Boolean> isEmpty(
      CatalogTable target, PositionSql position, Explanation explanation) {
    String what = "rows of " + position.target();
    return sessions.use(
        what,
        session ->
            session
                .query(
                    "select not exists (select from " + target.sqlName() + ")",
                    statement -> {},
                    row -> Boolean.TRUE.equals(row.get(0, Boolean.class)))
                .single()
                .onErrorResume(
                    e -> SqlErrors.refusal(e) != null,
                    e ->
                        explanation
                            .described(session, e, what, WriteAttempt.of(target))
                            .flatMap(Mono::error)));
  }

  @Override
  public Mono<Long> removeLeftovers() {
    return Mono.defer(() -> LoadTables.removeLeftovers(sessions))
        .flatMap(fresh -> counterparts.removeLeftovers().map(others -> fresh + others));
  }
}
