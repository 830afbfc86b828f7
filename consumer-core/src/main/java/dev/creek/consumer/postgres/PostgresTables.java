package dev.creek.consumer.postgres;

import dev.creek.consumer.control.Mapping;
import dev.creek.consumer.control.TargetTable;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.TableState;
import dev.creek.consumer.stream.TableWriter;
import dev.creek.consumer.stream.TargetTables;
import dev.creek.consumer.wire.WalSchema;
import reactor.core.publisher.Mono;

/** The target's tables. */
final class PostgresTables implements TargetTables {
  private final Sessions sessions;
  private final SubscriptionTable subscriptions;
  private final TableCreator creator;

  PostgresTables(Sessions sessions, SubscriptionTable subscriptions) {
    this.sessions = sessions;
    this.subscriptions = subscriptions;
    this.creator = new TableCreator(sessions);
  }

  @Override
  public Mono<Claim> claim(Mapping mapping) {
    return subscriptions.claim(mapping);
  }

  @Override
  public TableWriter writer(Claim claim) {
    return new PostgresTableWriter(sessions, subscriptions.sqlName(), claim);
  }

  @Override
  public Mono<Boolean> report(Claim claim, TableState state) {
    return subscriptions.report(claim, state);
  }

  @Override
  public Mono<Boolean> createTable(TargetTable target, WalSchema schema) {
    return creator.create(target, schema);
  }
}
