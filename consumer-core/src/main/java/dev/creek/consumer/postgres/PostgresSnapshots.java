package dev.creek.consumer.postgres;

import dev.creek.consumer.control.Mapping;
import dev.creek.consumer.control.SnapshotMode;
import dev.creek.consumer.control.TargetTable;
import dev.creek.consumer.row.RowPlan;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.SnapshotTables;
import dev.creek.consumer.stream.SnapshotWriter;
import dev.creek.consumer.wire.RecordShape;
import reactor.core.publisher.Mono;

/** The target's tables as snapshots fill them. */
final class PostgresSnapshots implements SnapshotTables {
  private final Sessions sessions;
  private final SubscriptionTable subscriptions;
  private final Claims claims;
  private final Counterparts counterparts;
  private final TableCreator creator;

  PostgresSnapshots(
      Sessions sessions,
      SubscriptionTable subscriptions,
      Claims claims,
      Counterparts counterparts) {
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
    var hints = new SnapshotHints(subscriptions.hints(claim));
    PositionSql position = subscriptions.position(claim);
    return creator
        .create(name, shape)
        .then(
            sessions.use("catalog of " + name, hints, session -> TargetCatalog.find(session, name)))
        .switchIfEmpty(Mono.error(hints.table()::missing))
        .map(Target::requireVisible)
        .flatMap(
            target ->
                mode == SnapshotMode.CLEAN
                    ? CleanSnapshot.open(sessions, position, hints, target, shape)
                    : upsert(position, hints, target, RowPlan.of(shape, target.shape())));
  }

  private Mono<SnapshotWriter> upsert(
      PositionSql position, SnapshotHints hints, Target target, RowPlan plan) {
    return isEmpty(target, hints)
        .map(empty -> new UpsertSnapshot(sessions, position, hints, target, plan, empty));
  }

  private Mono<Boolean> isEmpty(Target target, SqlHints hints) {
    return sessions.use(
        "rows of " + target.sqlName(),
        hints,
        session ->
            session
                .query(
                    "select not exists (select from " + target.sqlName() + ")",
                    statement -> {},
                    row -> Boolean.TRUE.equals(row.get(0, Boolean.class)))
                .single());
  }

  @Override
  public Mono<Long> removeLeftovers() {
    return Mono.defer(() -> FreshTables.removeLeftovers(sessions))
        .flatMap(fresh -> counterparts.removeLeftovers().map(others -> fresh + others));
  }
}
