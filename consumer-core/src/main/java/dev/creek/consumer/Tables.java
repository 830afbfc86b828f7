package dev.creek.consumer;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SourceSighting;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.StartFrom;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.jetstream.JetStreamLog;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.stream.FirstPosition;
import dev.creek.consumer.stream.Schemas;
import dev.creek.consumer.stream.snapshot.HeaderSchemas;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The tables of a {@link CreekConsumer}: created, subscribed, and how they stand. Thread-safe;
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
   * table, or else from that of its newest snapshot. Where neither is there, as for a table that
   * has not changed since its producer began, the producer is asked for a snapshot: it publishes
   * all of it, and the table is created as soon as the header is there.
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

  private static ShapeMismatchException noSchema(SourceSighting seen, Throwable asked) {
    String suggestion = seen.suggestion();
    return new ShapeMismatchException(
        "no schema of " + seen.source() + " has been published",
        (suggestion == null ? "" : suggestion + " Else ")
            + "check the name, and that the table is in the producer's publication; a snapshot, which would tell the schema as well, was asked for in vain: "
            + asked.getMessage());
  }

  /** Subscribes a table, or re-activates it where it stopped; a running consumer picks it up. */
  public Mono<Subscription> add(Mapping mapping) {
    return servers.database().flatMap(db -> db.subscriptions().activate(mapping));
  }

  /**
   * Subscribes a table that has no position yet, and says which change it begins with.
   *
   * @return errors with {@link DatabaseException} where it holds a position already, with {@link
   *     BrokerException.Gap} where the stream no longer holds all since the time
   */
  public Mono<Subscription> add(Mapping mapping, StartFrom from) {
    return servers
        .broker()
        .flatMap(changes -> FirstPosition.position(changes, mapping.source(), from))
        .flatMap(
            position ->
                servers.database().flatMap(db -> db.subscriptions().begin(mapping, position)));
  }

  /**
   * Completes where a table that is to be subscribed is there, or a command that waits will create
   * it. {@link #add(Mapping)} takes others as well: they are shown as failed until they are
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
   * @return false where there is no such subscription
   */
  public Mono<Boolean> remove(TargetTable table) {
    return readable.flatMap(db -> db.subscriptions().deactivate(table));
  }

  /**
   * Tries a table that has stopped again now, where this consumer runs and applies it.
   *
   * @return false where it does not wait, or not here
   */
  public Mono<Boolean> resume(TargetTable table) {
    return Mono.fromSupplier(() -> runs.resume(table));
  }

  /**
   * Passes over exactly one message of a failed table, the one that it stopped at, and tries the
   * table again. The change in it is lost for the target.
   *
   * @param sequence its stream sequence, as the table's reason tells it
   * @return what it failed with; empty where the table has not stopped at this message: then
   *     nothing is passed over
   */
  public Mono<String> skip(TargetTable table, long sequence) {
    return readable
        .flatMap(db -> db.subscriptions().skip(table, sequence))
        .delayUntil(reason -> resume(table));
  }

  /**
   * All subscriptions, in order of target. Their states are as they are now: of a table whose
   * consumer was killed, that it waits for another one, and {@link TableState.Name#UNKNOWN} where
   * its consumer is connected and has not shown itself for 5 s.
   */
  public Flux<Subscription> subscriptions() {
    return readable.flatMapMany(db -> db.subscriptions().present());
  }

  /**
   * Whether the broker holds anything of a source table: a change, a schema or a snapshot.
   *
   * @return errors with {@link BrokerException.Unavailable} where it has no stream of the database
   */
  public Mono<Boolean> isPublished(SourceTable source) {
    return servers.broker().flatMap(log -> log.holds(source));
  }

  /**
   * All that the broker tells of a source table's name: whether anything of it is published, and of
   * which tables with similar names something is.
   *
   * @return errors with {@link BrokerException.Unavailable} where it has no stream of the database
   */
  public Mono<SourceSighting> look(SourceTable source) {
    return servers.broker().flatMap(log -> log.look(source));
  }

  /**
   * The age of the oldest change that a table has not applied yet and the broker holds; zero where
   * there is none.
   *
   * @return empty where that cannot be told: the position does not belong to the stream
   */
  public Mono<Duration> lag(Subscription subscription) {
    return servers
        .broker()
        .flatMap(changes -> changes.lag(subscription.mapping().source(), subscription.position()));
  }
}
