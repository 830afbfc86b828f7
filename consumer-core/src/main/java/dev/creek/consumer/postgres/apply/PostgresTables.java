package dev.creek.consumer.postgres.apply;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.catalog.TableCreator;
import dev.creek.consumer.postgres.control.Claims;
import dev.creek.consumer.postgres.control.IncompletenessMarks;
import dev.creek.consumer.postgres.control.SubscriptionTable;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.GroupWriter;
import dev.creek.consumer.stream.TableWriter;
import dev.creek.consumer.stream.TargetTables;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import java.util.List;
import reactor.core.publisher.Mono;

/** The target's tables. */
public final class PostgresTables implements TargetTables {
  private final Sessions sessions;
  private final SubscriptionTable subscriptions;
  private final Claims claims;
  private final IncompletenessMarks marks;
  private final TableCreator creator;
  private final SchemaPolicy schemaChanges;

  private final ManyTables many;

  /**
   * The tables of a target.
   *
   * @param schemaChanges the policy of tables that have none of their own
   */
  public PostgresTables(
      Sessions sessions,
      SubscriptionTable subscriptions,
      Claims claims,
      SchemaPolicy schemaChanges) {
    this.schemaChanges = schemaChanges;
    this.sessions = sessions;
    this.subscriptions = subscriptions;
    this.claims = claims;
    this.marks = new IncompletenessMarks(sessions, subscriptions);
    this.creator = new TableCreator(sessions);
    this.many = new ManyTables(sessions, subscriptions);
  }

  @Override
  public Mono<Claim> claim(Mapping mapping) {
    return claims.claim(mapping);
  }

  @Override
  public Mono<Claim> takeOver(Mapping mapping) {
    return claims.takeOver(mapping);
  }

  @Override
  public Mono<Void> requireVisible(Claim claim) {
    return many.requireVisible(claim);
  }

  @Override
  public Mono<Boolean> release(Claim claim) {
    return claims.release(claim);
  }

  @Override
  public TableWriter writer(Claim claim, Mono<WalSchema> newest) {
    SchemaPolicy own = claim.schemaChanges();
    return new PostgresTableWriter(
        sessions, subscriptions, many, claim, own == null ? schemaChanges : own, newest);
  }

  @Override
  public GroupWriter groupWriter() {
    return new PostgresGroupWriter(sessions);
  }

  @Override
  public Mono<Boolean> report(Claim claim, TableState state) {
    return claims.report(claim, state);
  }

  @Override
  public Mono<Boolean> mark(Claim claim, Incompleteness mark) {
    return marks.set(claim, mark);
  }

  @Override
  public Mono<Void> look(List<Claim> claims) {
    return marks.look(claims);
  }

  @Override
  public Mono<Boolean> createTable(TargetTable target, WalSchema schema) {
    return creator.create(target, schema);
  }

  @Override
  public Mono<Boolean> createTable(TargetTable target, RecordShape snapshot) {
    return creator.createFitting(target, snapshot);
  }
}
