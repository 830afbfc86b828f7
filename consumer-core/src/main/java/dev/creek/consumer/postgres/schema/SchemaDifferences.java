package dev.creek.consumer.postgres.schema;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.postgres.catalog.CatalogTable;
import dev.creek.consumer.postgres.catalog.TableHints;
import dev.creek.consumer.postgres.catalog.TargetCatalog;
import dev.creek.consumer.postgres.control.SubscriptionTable;
import dev.creek.consumer.postgres.session.Session;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlErrors;
import dev.creek.consumer.row.SchemaPlan;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import dev.creek.consumer.wire.WireField;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Compares targets with schemas for people, and ends the differences that they choose. */
public final class SchemaDifferences {
  private static final int LOCK_TRIES = 20;
  private static final Duration LOCK_PAUSE = Duration.ofSeconds(1);

  /** Lock not available, deadlock. */
  private static final Set<String> OF_LOCKS = Set.of("55P03", "40P01");

  private final Sessions sessions;
  private final SubscriptionTable subscriptions;

  public SchemaDifferences(Sessions sessions, SubscriptionTable subscriptions) {
    this.sessions = sessions;
    this.subscriptions = subscriptions;
  }

  /**
   * All differences, in the order in which they can be ended.
   *
   * @return errors with {@link ShapeMismatchException} if there is no such table, with {@link
   *     DatabaseException}
   */
  public Mono<List<SchemaDifference>> of(Mapping mapping, WalSchema schema) {
    return compared(
        mapping,
        schema.after(),
        (found, gone) -> SchemaPlan.of(schema, found.shape(), gone, SchemaPolicy.STOP));
  }

  /** The same for the rows of a snapshot, whose key is no difference. */
  public Mono<List<SchemaDifference>> of(Mapping mapping, RecordShape rows) {
    return compared(
        mapping,
        rows,
        (found, gone) -> SchemaPlan.of(rows, found.shape(), gone, SchemaPolicy.STOP));
  }

  private Mono<List<SchemaDifference>> compared(
      Mapping mapping,
      RecordShape rows,
      BiFunction<CatalogTable, List<String>, SchemaPlan> compare) {
    var nobodys = new Claim(mapping, 0, Position.NONE);
    TableHints hints = subscriptions.hints(nobodys);
    Set<String> carried = rows.columns().stream().map(WireField::name).collect(Collectors.toSet());
    return sessions.use(
        "differences of " + mapping.target(),
        hints,
        session ->
            TargetCatalog.find(session, mapping.target())
                .switchIfEmpty(Mono.error(hints::missing))
                .zipWhen(
                    found ->
                        subscriptions
                            .position(nobodys)
                            .known()
                            .lacking(session, carried)
                            .collectList(),
                    compare)
                .map(SchemaPlan::differences));
  }

  /**
   * Runs the statements of differences in one transaction, while the table is in use. It waits for
   * locks for a moment only, and comes again for a while.
   *
   * @return errors with {@link ShapeMismatchException} if the server refuses them, with {@link
   *     DatabaseException} if it cannot be used, or the locks are not free
   */
  public Mono<Void> end(Mapping mapping, List<SchemaDifference> differences) {
    List<String> statements = differences.stream().flatMap(one -> one.sql().stream()).toList();
    return statements.isEmpty()
        ? Mono.empty()
        : sessions
            .transaction(
                "schema of " + mapping.target(),
                subscriptions.hints(new Claim(mapping, 0, Position.NONE)),
                (Session session) ->
                    Alteration.run(session, mapping.target().toString(), statements, differences)
                        .thenReturn(true))
            .retryWhen(
                Retry.fixedDelay(LOCK_TRIES, LOCK_PAUSE)
                    .filter(e -> OF_LOCKS.contains(String.valueOf(SqlErrors.sqlState(e))))
                    .onRetryExhaustedThrow((spec, signal) -> signal.failure()))
            .then();
  }
}
