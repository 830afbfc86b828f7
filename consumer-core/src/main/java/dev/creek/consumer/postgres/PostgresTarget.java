package dev.creek.consumer.postgres;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.PoolUse;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.control.CommandLog;
import dev.creek.consumer.postgres.apply.PostgresTables;
import dev.creek.consumer.postgres.check.TargetChecks;
import dev.creek.consumer.postgres.control.Claims;
import dev.creek.consumer.postgres.control.CommandTable;
import dev.creek.consumer.postgres.control.ControlScripts;
import dev.creek.consumer.postgres.control.Heartbeat;
import dev.creek.consumer.postgres.control.InstanceSql;
import dev.creek.consumer.postgres.control.PostgresReplicas;
import dev.creek.consumer.postgres.control.RequiredTable;
import dev.creek.consumer.postgres.control.SchemaCacheTable;
import dev.creek.consumer.postgres.control.SubscriptionTable;
import dev.creek.consumer.postgres.definition.DefinitionCopies;
import dev.creek.consumer.postgres.schema.SchemaDifferences;
import dev.creek.consumer.postgres.session.ConnectionFactories;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.snapshot.PostgresSnapshots;
import dev.creek.consumer.postgres.verify.ComparisonTables;
import dev.creek.consumer.postgres.verify.TableComparisons;
import dev.creek.consumer.stream.Failpoint;
import dev.creek.consumer.stream.Replicas;
import dev.creek.consumer.stream.SchemaCache;
import dev.creek.consumer.stream.SnapshotTables;
import dev.creek.consumer.stream.Subscriptions;
import dev.creek.consumer.stream.TargetTables;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpResources;

/**
 * A target database: its tables, and the control schema that holds the subscriptions. Connections
 * are made when they are needed, so an unreachable server shows with the first use and not here.
 * Thread-safe; close it.
 */
public final class PostgresTarget {
  private static final int ALL_LOOPS = Integer.MAX_VALUE;

  private final DatabaseOptions options;
  private final Sessions sessions;
  private final SubscriptionTable subscriptions;
  private final TargetChecks checks;
  private final TableComparisons comparisons;
  private final DefinitionCopies definitions;
  private final SchemaDifferences differences;
  private final TargetTables tables;
  private final SnapshotTables snapshots;
  private final SchemaCache schemaCache;
  private final Replicas replicas;
  private final CommandLog commands;

  private PostgresTarget(DatabaseOptions options, Instance.Self self, Grouping grouping) {
    boolean ownSessions = options.pooler().keepsSessions();
    var instances =
        new InstanceSql(options.controlSchema(), newId(self), self, grouping, ownSessions);
    this.options = options;
    this.sessions = new Sessions(options);
    this.subscriptions = new SubscriptionTable(sessions, options);
    this.checks = new TargetChecks(sessions, options, subscriptions.migrator());
    var counterparts = new ComparisonTables(sessions, subscriptions);
    this.comparisons = new TableComparisons(sessions, options, subscriptions, counterparts);
    this.definitions = new DefinitionCopies(options);
    this.differences = new SchemaDifferences(sessions, subscriptions);
    var claims = new Claims(sessions, subscriptions, instances);
    this.tables = new PostgresTables(sessions, subscriptions, claims, options.schemaChanges());
    this.snapshots =
        new PostgresSnapshots(
            sessions, subscriptions, claims, counterparts, options.schemaChanges());
    this.schemaCache = new SchemaCacheTable(sessions, options.controlSchema());
    this.replicas =
        new PostgresReplicas(sessions, instances, new Heartbeat(sessions, instances, ownSessions));
    this.commands = new CommandTable(sessions, options.controlSchema(), instances.id());
  }

  /**
   * Loads the classes and data that every first connection in a JVM needs. Optional; it blocks, and
   * may run beside anything.
   */
  public static void preload() {
    ConnectionFactories.preload();
  }

  /**
   * A pool of connections, none of them open yet. Reads certificates and resources: may block for a
   * moment.
   *
   * @throws IllegalArgumentException if a certificate or key cannot be read
   */
  public static PostgresTarget connect(DatabaseOptions options) {
    return connect(options, Instance.Self.of("unknown", null));
  }

  /**
   * The same.
   *
   * @param self displayed among the instances
   */
  public static PostgresTarget connect(DatabaseOptions options, Instance.Self self) {
    return connect(options, self, Grouping.TABLE);
  }

  /**
   * The same.
   *
   * @param grouping the tables that it applies together, by which the instances share them
   */
  public static PostgresTarget connect(
      DatabaseOptions options, Instance.Self self, Grouping grouping) {
    Failpoint.load();
    return new PostgresTarget(options, self, grouping);
  }

  /**
   * The SQL that creates the control schema, or migrates it, as one transaction. An administrator
   * can run it in advance; then the service needs no privilege to create. Reads resources: may
   * block for a moment.
   *
   * @param controlRole is granted the functions; null for none
   * @param serviceRole is granted what the service needs in the control schema; null for none
   */
  public static String controlSql(
      String controlSchema, @Nullable String controlRole, @Nullable String serviceRole) {
    return new ControlScripts(controlSchema).all(controlRole, serviceRole);
  }

  /** The subscribed tables. {@link Subscriptions#migrate} comes before everything else. */
  public Subscriptions subscriptions() {
    return subscriptions;
  }

  /** The tables to write. */
  public TargetTables tables() {
    return tables;
  }

  /** The instances that share the tables. */
  public Replicas replicas() {
    return replicas;
  }

  /** The same tables, as snapshots fill them. */
  public SnapshotTables snapshots() {
    return snapshots;
  }

  /** Schemas kept in the control schema. */
  public SchemaCache schemaCache() {
    return schemaCache;
  }

  /** Commands kept in the control schema. */
  public CommandLog commands() {
    return commands;
  }

  /**
   * Commands in the payloads of notifications, while {@link Subscriptions#changes} is subscribed
   * to; none if the options do not accept them.
   */
  public Flux<String> notifiedCommands() {
    return options.notifiedCommands() ? subscriptions.notifications() : Flux.empty();
  }

  /**
   * Completes if the server answers and the control schema fits. If all connections are busy, it is
   * enough that the listening one answers: writers that keep a server busy do not make it
   * unreachable.
   *
   * @return errors with {@link DatabaseException}
   */
  public Mono<Void> check() {
    return Mono.defer(
        () ->
            poolUse().isExhausted() && subscriptions.isListening()
                ? Mono.empty()
                : subscriptions.check());
  }

  /**
   * Completes if the control schema exists and has our version. Creates nothing, and needs no
   * privilege to.
   *
   * @return errors with {@link DatabaseException} whose hint is the command to run
   */
  public Mono<Void> requireControlSchema() {
    return subscriptions.requireThere();
  }

  /**
   * Completes if a table that is to be subscribed exists, or a waiting command will create it, as
   * the SQL function {@code add_table} requires.
   *
   * @return errors with {@link DatabaseException}
   */
  public Mono<Void> requireTable(Mapping mapping) {
    return RequiredTable.require(sessions, options.controlSchema(), mapping);
  }

  /** Checks of server and tables, which change nothing. */
  public TargetChecks checks() {
    return checks;
  }

  /** Comparisons of tables with their sources. */
  public TableComparisons comparisons() {
    return comparisons;
  }

  /** Copies of the source's definitions. */
  public DefinitionCopies definitions() {
    return definitions;
  }

  /** Differences between targets and their sources' schemas. */
  public SchemaDifferences differences() {
    return differences;
  }

  /** The subscriptions, also in an older control schema: nothing is migrated. */
  public Flux<Subscription> subscriptionsAsTheyAre() {
    return subscriptions.asTheyAre();
  }

  /** The current use of the pool. */
  public PoolUse poolUse() {
    return sessions.poolUse();
  }

  /** Completes when every thread that talks to the database has run a task. */
  public Mono<Void> threadsResponsive() {
    return Flux.fromIterable(TcpResources.get().onClient(LoopResources.DEFAULT_NATIVE))
        .flatMap(loop -> Mono.<Void>create(done -> loop.execute(done::success)), ALL_LOOPS, 1)
        .then();
  }

  /**
   * Closes connections: idle ones now, others when they are given back. Close writers first: their
   * connections stay open until then.
   */
  public Mono<Void> close() {
    return sessions.close();
  }

  /**
   * Readable, for users who look at {@code subscriptions}, and unique: a restarted container has
   * host and process id of the one before it.
   */
  private static String newId(Instance.Self self) {
    return "%s:%d:%08x"
        .formatted(self.host(), self.process(), ThreadLocalRandom.current().nextInt());
  }
}
