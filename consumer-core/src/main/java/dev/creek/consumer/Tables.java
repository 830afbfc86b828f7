package dev.creek.consumer;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.DefinitionDifference;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SchemaCopy;
import dev.creek.consumer.api.SchemaDifference;
import dev.creek.consumer.api.SchemaPart;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SourceSighting;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.StartFrom;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.jetstream.JetStreamLog;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.stream.FirstPosition;
import dev.creek.consumer.stream.Schemas;
import dev.creek.consumer.stream.snapshot.HeaderSchemas;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The tables of a {@link CreekConsumer}: created, subscribed, and their states. Thread-safe;
 * nothing happens before a returned publisher is subscribed to. Errors: {@link
 * dev.creek.consumer.api.ConsumerException}.
 */
public final class Tables {
  private final ConsumerOptions options;
  private final Servers servers;
  private final Runs runs;
  private final Mono<PostgresTarget> readable;

  Tables(ConsumerOptions options, Servers servers, Runs runs) {
    this.options = options;
    this.servers = servers;
    this.runs = runs;
    this.readable = servers.readable(runs::isRunning);
  }

  /**
   * Creates the target table from the newest schema that the producer has published for the source
   * table, or otherwise from that of its newest snapshot. If there is neither, as for a table that
   * has not changed since its producer began, a snapshot is requested from the producer. The
   * producer publishes the whole snapshot; the table is created as soon as the header is there.
   *
   * @return true if it was created, false if it exists and fits; errors with {@link
   *     ShapeMismatchException} naming the differences if it does not fit, or if nothing is
   *     published and the producer does not answer
   */
  public Mono<Boolean> create(Mapping mapping) {
    return servers
        .database()
        .then(servers.broker())
        .flatMap(
            changes ->
                new Schemas(servers.target().schemaCache(), changes)
                    .newest(mapping.source())
                    .flatMap(
                        schema -> servers.target().tables().createTable(mapping.target(), schema))
                    .switchIfEmpty(Mono.defer(() -> createAsSnapshot(changes, mapping))));
  }

  /**
   * The differences between a target table and the newest schema that the producer has published
   * for its source, or otherwise that of its newest snapshot, in the order in which they can be
   * ended. Changes nothing.
   *
   * @return errors with {@link ShapeMismatchException} if there is no target table, or no schema is
   *     published
   */
  public Flux<SchemaDifference> differences(Mapping mapping) {
    return servers
        .database()
        .then(servers.broker())
        .flatMap(
            changes ->
                new Schemas(servers.target().schemaCache(), changes)
                    .newest(mapping.source())
                    .flatMap(schema -> servers.target().differences().of(mapping, schema))
                    .switchIfEmpty(
                        Mono.defer(
                            () ->
                                new HeaderSchemas(changes, options.pipelines())
                                    .newest(mapping.source())
                                    .flatMap(
                                        rows -> servers.target().differences().of(mapping, rows))))
                    .switchIfEmpty(
                        Mono.defer(() -> look(mapping.source()))
                            .flatMap(seen -> Mono.error(unpublished(seen)))))
        .flatMapIterable(differences -> differences);
  }

  /**
   * Ends differences by their statements, in one transaction, while the table is in use. It waits
   * for locks for a moment only, and tries it again for half a minute.
   *
   * @param differences as {@link #differences} has found them
   * @return errors with {@link ShapeMismatchException} if the target refuses the statements, with
   *     {@link DatabaseException} if it cannot be used, or the table is locked for longer
   */
  public Mono<Void> end(Mapping mapping, List<SchemaDifference> differences) {
    return servers.database().flatMap(db -> db.differences().end(mapping, differences));
  }

  private Mono<Boolean> createAsSnapshot(JetStreamLog changes, Mapping mapping) {
    var headers = new HeaderSchemas(changes, options.pipelines());
    return headers
        .newest(mapping.source())
        .switchIfEmpty(
            Mono.defer(() -> headers.requested(mapping.source()))
                .onErrorResume(
                    e -> e instanceof BrokerException.Unavailable || e instanceof SnapshotException,
                    e -> look(mapping.source()).flatMap(seen -> Mono.error(noSchema(seen, e)))))
        .flatMap(rows -> servers.target().tables().createTable(mapping.target(), rows));
  }

  private static ShapeMismatchException unpublished(SourceSighting seen) {
    String suggestion = seen.suggestion();
    return new ShapeMismatchException(
        "no schema of " + seen.source() + " has been published",
        (suggestion == null ? "" : suggestion + " Else ")
            + "change a row of the source's table, and repeat this: its schema comes with its first change");
  }

  private static ShapeMismatchException noSchema(SourceSighting seen, Throwable asked) {
    String suggestion = seen.suggestion();
    return new ShapeMismatchException(
        "no schema of " + seen.source() + " has been published",
        (suggestion == null ? "" : suggestion + " Else ")
            + "check the name, and that the table is in the producer's publication; a snapshot, which would tell the schema as well, was asked for in vain: "
            + asked.getMessage());
  }

  /**
   * Creates parts of the tables' definitions that no change carries, as the source's catalog has
   * them; meant for tables whose rows are there. What the target has stays as it is, and what it
   * lacks is created while its tables are in use: under locks that are waited for only for moments,
   * and indexes without any that keeps writers out. Foreign keys, which lead to the targets of the
   * tables that they refer to, come after everything else. If a part fails, the others are created
   * all the same; another call creates what is missing.
   *
   * @param mappings tables of one source database
   * @param source that database
   * @return what became of each part, in order; errors with {@link DatabaseException} if a server
   *     cannot be used
   * @throws IllegalArgumentException if the tables come from several source databases
   */
  public Flux<SchemaCopy> copyDefinitions(
      List<Mapping> mappings, DatabaseOptions source, Set<SchemaPart> parts) {
    return new Definitions(servers).copy(mappings, source, parts);
  }

  /**
   * The same with all parts, after differences of the tables have been ended: NOT NULL and
   * identities of columns that were added by that are left out, since rows that are there have no
   * values in them.
   *
   * @param ended tables of one source database, each with what {@link #end} has ended
   * @throws IllegalArgumentException if the tables come from several source databases
   */
  public Flux<SchemaCopy> copyDefinitions(
      Map<Mapping, List<SchemaDifference>> ended, DatabaseOptions source) {
    return new Definitions(servers).copy(ended, source);
  }

  /**
   * The parts that {@link #copyDefinitions(Map, DatabaseOptions)} would create, in its order, and
   * those that it would leave out. Changes nothing.
   *
   * @param planned tables of one source database, each with the {@link #differences} that are ended
   *     before: their columns count as added
   * @param source that database
   * @return errors with {@link DatabaseException} if a server cannot be used
   * @throws IllegalArgumentException if the tables come from several source databases
   */
  public Flux<DefinitionDifference> definitionDifferences(
      Map<Mapping, List<SchemaDifference>> planned, DatabaseOptions source) {
    return new Definitions(servers).differences(planned, source);
  }

  /**
   * Subscribes a table, or re-activates it from where it stopped; a running consumer notices it.
   */
  public Mono<Subscription> add(Mapping mapping) {
    return add(mapping, (String) null);
  }

  /**
   * The same, into a named group of tables that are applied together.
   *
   * @param group its name, as {@link TableGroup#requireName} allows it; null leaves a table that
   *     was subscribed before in its group
   * @return errors with {@link DatabaseException} also if the table is active in another group, or
   *     the group is of another source database
   */
  public Mono<Subscription> add(Mapping mapping, @Nullable String group) {
    return servers.database().flatMap(db -> db.subscriptions().activate(mapping, group));
  }

  /**
   * Subscribes a table that has no position yet, from a given change on.
   *
   * @return errors with {@link DatabaseException} if it has a position already, with {@link
   *     BrokerException.Gap} if the stream no longer holds everything since the time
   */
  public Mono<Subscription> add(Mapping mapping, StartFrom from) {
    return add(mapping, from, null);
  }

  /** The same, into a named group of tables: {@link #add(Mapping, String)}. */
  public Mono<Subscription> add(Mapping mapping, StartFrom from, @Nullable String group) {
    return servers
        .broker()
        .flatMap(changes -> FirstPosition.position(changes, mapping.source(), from))
        .flatMap(
            position ->
                servers
                    .database()
                    .flatMap(db -> db.subscriptions().begin(mapping, position, group)));
  }

  /**
   * Completes if a table that is to be subscribed exists, or a waiting command will create it.
   * {@link #add(Mapping)} accepts other tables as well: they are shown as failed until they are
   * created.
   *
   * @return errors with {@link DatabaseException}, as the SQL function {@code add_table} does
   */
  public Mono<Void> requireTarget(Mapping mapping) {
    return servers.database().flatMap(db -> db.requireTable(mapping));
  }

  /**
   * Ends a table's subscription, keeping its position and its rows; a running consumer stops
   * applying it.
   *
   * @return false if there is no such subscription
   */
  public Mono<Boolean> remove(TargetTable table) {
    return readable.flatMap(db -> db.subscriptions().deactivate(table));
  }

  /**
   * Puts a subscribed table into a named group of tables that are applied together, or into none; a
   * running consumer notices it.
   *
   * @param group its name, as {@link TableGroup#requireName} allows it; null for none
   * @return false if there is no such subscription; errors with {@link DatabaseException} if the
   *     group is of another source database
   */
  public Mono<Boolean> setGroup(TargetTable table, @Nullable String group) {
    return servers.database().flatMap(db -> db.subscriptions().setGroup(table, group));
  }

  /**
   * Says what is done when the source of a table gets other columns, types or keys; a running
   * consumer notices it, and tries the table again if it has stopped.
   *
   * @param policy null for that of {@link DatabaseOptions.Builder#schemaChanges}
   * @return false if there is no such subscription
   */
  public Mono<Boolean> setSchemaChanges(TargetTable table, @Nullable SchemaPolicy policy) {
    return servers.database().flatMap(db -> db.subscriptions().setSchemaChanges(table, policy));
  }

  /**
   * The same for a table whether or not it is subscribed: after {@link #add(Mapping)} the policy
   * counts from its first change on.
   *
   * @param policy null for that of {@link DatabaseOptions.Builder#schemaChanges}
   * @return errors with {@link DatabaseException} if the target's rows come from another source
   */
  public Mono<Void> setSchemaChanges(Mapping mapping, @Nullable SchemaPolicy policy) {
    return servers.database().flatMap(db -> db.subscriptions().keepSchemaChanges(mapping, policy));
  }

  /**
   * Tries a table that has stopped again now, if this consumer runs and applies it.
   *
   * @return false if it does not wait, or not here
   */
  public Mono<Boolean> resume(TargetTable table) {
    return Mono.fromSupplier(() -> runs.resume(table));
  }

  /**
   * Skips exactly one message of a failed table, the one at which it stopped, and tries the table
   * again. The change in it is lost for the target.
   *
   * @param sequence its stream sequence, from the table's reason
   * @return the table's error; empty if the table has not stopped at this message: then nothing is
   *     skipped
   */
  public Mono<String> skip(TargetTable table, long sequence) {
    return readable
        .flatMap(db -> db.subscriptions().skip(table, sequence))
        .delayUntil(reason -> resume(table));
  }

  /**
   * All subscriptions, ordered by target, with their current states: if a table's consumer was
   * killed, the table waits for another one; if its consumer is connected but had no heartbeat for
   * 5 s, the state is {@link TableState.Name#UNKNOWN}.
   */
  public Flux<Subscription> subscriptions() {
    return readable.flatMapMany(db -> db.subscriptions().present());
  }

  /**
   * Tells whether the broker holds anything of a source table: a change, a schema or a snapshot.
   *
   * @return errors with {@link BrokerException.Unavailable} if it has no stream of the database
   */
  public Mono<Boolean> isPublished(SourceTable source) {
    return servers.broker().flatMap(log -> log.holds(source));
  }

  /**
   * Everything that the broker shows about a source table's name: whether anything of it is
   * published, and which tables with similar names are.
   *
   * @return errors with {@link BrokerException.Unavailable} if it has no stream of the database
   */
  public Mono<SourceSighting> look(SourceTable source) {
    return servers.broker().flatMap(log -> log.look(source));
  }

  /**
   * The age of the oldest change that a table has not applied yet and the broker holds; zero if
   * there is none.
   *
   * @return empty if it cannot be determined: the position does not belong to the stream
   */
  public Mono<Duration> lag(Subscription subscription) {
    return servers
        .broker()
        .flatMap(changes -> changes.lag(subscription.mapping().source(), subscription.position()));
  }
}
