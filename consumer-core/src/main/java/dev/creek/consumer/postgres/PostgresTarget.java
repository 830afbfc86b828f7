package dev.creek.consumer.postgres;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.PoolUse;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.api.Verification;
import dev.creek.consumer.control.CommandLog;
import dev.creek.consumer.postgres.apply.PostgresTables;
import dev.creek.consumer.postgres.check.CatalogComparison;
import dev.creek.consumer.postgres.check.GroupCheck;
import dev.creek.consumer.postgres.check.TableCheck;
import dev.creek.consumer.postgres.check.TargetCheck;
import dev.creek.consumer.postgres.control.Claims;
import dev.creek.consumer.postgres.control.CommandTable;
import dev.creek.consumer.postgres.control.ControlScripts;
import dev.creek.consumer.postgres.control.Heartbeat;
import dev.creek.consumer.postgres.control.IncompletenessMarks;
import dev.creek.consumer.postgres.control.InstanceSql;
import dev.creek.consumer.postgres.control.PostgresReplicas;
import dev.creek.consumer.postgres.control.SchemaCacheTable;
import dev.creek.consumer.postgres.control.SubscriptionTable;
import dev.creek.consumer.postgres.session.ConnectionFactories;
import dev.creek.consumer.postgres.session.Sessions;
import dev.creek.consumer.postgres.session.SqlNames;
import dev.creek.consumer.postgres.snapshot.PostgresSnapshots;
import dev.creek.consumer.postgres.verify.ComparedTables;
import dev.creek.consumer.postgres.verify.ComparisonTables;
import dev.creek.consumer.postgres.verify.RowRepair;
import dev.creek.consumer.postgres.verify.TableVerifier;
import dev.creek.consumer.stream.Failpoint;
import dev.creek.consumer.stream.Replicas;
import dev.creek.consumer.stream.SchemaCache;
import dev.creek.consumer.stream.SnapshotTables;
import dev.creek.consumer.stream.Subscriptions;
import dev.creek.consumer.stream.TargetTables;
import dev.creek.consumer.text.Remedy;
import dev.creek.consumer.wire.RecordShape;
import dev.creek.consumer.wire.WalSchema;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
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
  private final IncompletenessMarks marks;
  private final ComparisonTables counterparts;
  private final TargetTables tables;
  private final SnapshotTables snapshots;
  private final SchemaCache schemaCache;
  private final Replicas replicas;
  private final CommandLog commands;

  private PostgresTarget(DatabaseOptions options, Instance.Self self) {
    boolean ownSessions = options.pooler().keepsSessions();
    var instances = new InstanceSql(options.controlSchema(), newId(self), self, ownSessions);
    this.options = options;
    this.sessions = new Sessions(options);
    this.subscriptions = new SubscriptionTable(sessions, options);
    this.marks = new IncompletenessMarks(sessions, subscriptions);
    this.counterparts = new ComparisonTables(sessions, subscriptions);
    var claims = new Claims(sessions, subscriptions, instances);
    this.tables = new PostgresTables(sessions, subscriptions, claims);
    this.snapshots = new PostgresSnapshots(sessions, subscriptions, claims, counterparts);
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
    Failpoint.load();
    return new PostgresTarget(options, self);
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
    String log = SqlNames.quoted(options.controlSchema(), "_notification_log");
    return sessions
        .use(
            "table " + mapping.target(),
            session ->
                session
                    .query(
                        """
                        select 1
                        from pg_class c join pg_namespace n on n.oid = c.relnamespace
                        where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p')
                        union all
                        select 1
                        from %s l
                        where l.target = $3 and l.finished_at is null
                          and l.verb in ('create_schema', 'snapshot', 'apply_snapshot', 'resync')
                        limit 1
                        """
                            .formatted(log),
                        statement ->
                            statement
                                .bind(0, mapping.target().namespace())
                                .bind(1, mapping.target().table())
                                .bind(2, mapping.target().toString()),
                        row -> true)
                    .next())
        .switchIfEmpty(Mono.error(() -> missing(mapping)))
        .then();
  }

  private static DatabaseException missing(Mapping mapping) {
    return new DatabaseException(
        "table " + mapping.target() + " does not exist",
        "42P01",
        null,
        "create it first: "
            + Remedy.create(mapping)
            + "; or, with its rows: "
            + Remedy.resync(mapping),
        null);
  }

  /**
   * Checks server and control schema, and changes nothing.
   *
   * @return errors with {@link DatabaseException} if the server cannot be reached or refuses the
   *     login
   */
  public Flux<Finding> findings() {
    return new TargetCheck(sessions, options, subscriptions.migrator()).findings();
  }

  /**
   * Checks a target table, and changes nothing.
   *
   * @param schema the source's newest schema, to check whether it fits; null if it is not known
   * @param rows its columns from a snapshot, if there is nothing else; otherwise null
   * @param subscribed whether its changes are followed already
   * @return errors with {@link DatabaseException}
   */
  public Flux<Finding> findings(
      Mapping mapping, @Nullable WalSchema schema, @Nullable RecordShape rows, boolean subscribed) {
    return TableCheck.findings(sessions, mapping, schema, rows, subscribed);
  }

  /**
   * Compares the columns and keys of these mappings' targets with those of their source tables, by
   * both catalogs, and changes nothing. A missing table is skipped.
   *
   * @param source the database of the source tables
   * @return errors with {@link DatabaseException} if a server cannot be reached
   */
  public Flux<Finding> findings(DatabaseOptions source, List<Mapping> mappings) {
    return Flux.usingWhen(
        // Certificates are read from files.
        Mono.fromSupplier(() -> new Sessions(source)).subscribeOn(Schedulers.boundedElastic()),
        from ->
            Flux.fromIterable(mappings)
                .concatMap(mapping -> CatalogComparison.findings(from, sessions, mapping), 1),
        Sessions::close);
  }

  /**
   * Warnings about foreign keys of target tables that lead out of their groups.
   *
   * @param groups groups of the tables that are followed, or are to be; empty for one that is
   *     applied alone
   * @return errors with {@link DatabaseException}
   */
  public Flux<Finding> findings(
      List<Mapping> mappings, Map<TargetTable, Optional<TableGroup>> groups) {
    return GroupCheck.findings(sessions, mappings, groups);
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
   * Compares a table of another database with its target here; both may be in use meanwhile.
   *
   * @param source the database of the mapping's source table
   * @return errors with {@link ShapeMismatchException} if a table is missing; with {@link
   *     dev.creek.consumer.api.DatabaseException} if a server refuses
   */
  public Mono<Verification> verify(
      Mapping mapping, DatabaseOptions source, Verification.Options how) {
    return compared(
        mapping, source, (scans, tables) -> new TableVerifier(mapping, tables, how, null));
  }

  /**
   * The same, and writes rows that differ anew from the source.
   *
   * @return errors with {@link ShapeMismatchException} also where the table has no key
   */
  public Mono<Verification> repair(
      Mapping mapping, DatabaseOptions source, Verification.Options how) {
    return compared(
        mapping,
        source,
        (scans, tables) ->
            new TableVerifier(mapping, tables, how, rowRepair(mapping, scans, tables)));
  }

  private Mono<Verification> compared(
      Mapping mapping,
      DatabaseOptions source,
      BiFunction<Scans, ComparedTables, TableVerifier> verifier) {
    return marks.judged(
        mapping,
        true,
        Mono.usingWhen(
            Mono.fromSupplier(
                () -> new Scans(new Sessions(source.forScans()), new Sessions(options.forScans()))),
            scans -> compared(mapping, scans, verifier),
            Scans::close));
  }

  /**
   * Provides a place for a second table of the same source while the two are compared; whatever is
   * there afterwards is removed.
   *
   * @param work gets the mapping from the source to that place
   * @return errors with {@link dev.creek.consumer.api.SnapshotException} while another process
   *     compares the same table
   */
  public <T> Mono<T> withCounterpart(Mapping mapping, Function<Mapping, Mono<T>> work) {
    return counterparts.with(mapping, work);
  }

  /**
   * Compares a table with another one of the same source beside it; both may be in use meanwhile.
   *
   * @param counterpart stands for the source
   */
  public Mono<Verification> verify(
      Mapping mapping, TargetTable counterpart, Verification.Options how) {
    Mono<Verification> comparison =
        Mono.usingWhen(
            Mono.fromSupplier(() -> new Sessions(options.forScans())),
            scans ->
                ComparedTables.of(mapping, counterpart, scans, scans)
                    .flatMap(tables -> new TableVerifier(mapping, tables, how, null).verify()),
            Sessions::close);
    return isUnmarked(counterpart)
        .flatMap(proof -> proof ? marks.judged(mapping, false, comparison) : comparison);
  }

  /** A comparison table that may miss rows itself proves nothing. */
  private Mono<Boolean> isUnmarked(TargetTable counterpart) {
    return subscriptions
        .all()
        .filter(subscription -> subscription.mapping().target().equals(counterpart))
        .next()
        .map(subscription -> subscription.incompleteness().isEmpty())
        .defaultIfEmpty(false);
  }

  private Mono<Verification> compared(
      Mapping mapping, Scans scans, BiFunction<Scans, ComparedTables, TableVerifier> verifier) {
    var from = new TargetTable(mapping.source().namespace(), mapping.source().table());
    return ComparedTables.of(mapping, from, scans.source(), scans.target())
        .flatMap(tables -> verifier.apply(scans, tables).verify());
  }

  private RowRepair rowRepair(Mapping mapping, Scans scans, ComparedTables tables) {
    if (tables.key() == null) {
      throw new ShapeMismatchException(
          mapping.target() + " has no key by which single rows can be repaired",
          Remedy.resync(mapping));
    }
    return new RowRepair(
        scans.source(),
        scans.target(),
        subscriptions.sqlName(),
        mapping.target().toString(),
        SqlNames.quoted(mapping.source().namespace(), mapping.source().table()),
        tables);
  }

  private record Scans(Sessions source, Sessions target) {
    Mono<Void> close() {
      return source.close().then(target.close());
    }
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
