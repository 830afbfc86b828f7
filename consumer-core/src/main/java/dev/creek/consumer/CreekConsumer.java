package dev.creek.consumer;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.CommandRecord.CommandOutcome;
import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.api.PoolUse;
import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.Reachability;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.SourceSighting;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.StartFrom;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableEvent;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.api.Verification;
import dev.creek.consumer.control.CommandLog;
import dev.creek.consumer.jetstream.JetStreamLog;
import dev.creek.consumer.metrics.GuardedRecorder;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.stream.FirstPosition;
import dev.creek.consumer.stream.Schemas;
import dev.creek.consumer.stream.SnapshotOrder;
import dev.creek.consumer.stream.snapshot.ConcurrencyLimit;
import dev.creek.consumer.stream.snapshot.HeaderSchemas;
import dev.creek.consumer.text.ErrorWords;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * Keeps tables of a target PostgreSQL equal to tables of a source whose changes a Creek producer
 * publishes on NATS JetStream.
 *
 * <p><b>Delivery</b>: every change that the broker still holds is applied exactly once, in order,
 * source transaction by source transaction; whatever cannot be applied stops its own table and
 * loses nothing. <b>Outages</b> of either server do not end a {@link #run}: it waits and continues.
 * <b>Threads</b>: thread-safe; nothing blocks but {@link #close}. Nothing happens before a returned
 * publisher is subscribed to.
 */
public final class CreekConsumer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CreekConsumer.class);

  /** Who blocks on an event hears of the end behind it, and nobody waits for that. */
  private static final Duration CANCELLED_WITHIN = Duration.ofSeconds(1);

  /** How often a command that is waited for is looked at: what people take for at once. */
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(100);

  /** Beyond what each of the servers may take. */
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(20);

  private final ConsumerOptions options;
  private final PostgresTarget target;

  /** Creates the control schema where it is missing: for what changes something. */
  private final Mono<PostgresTarget> database;

  /** Wants the control schema to be there: for what only reads. */
  private final Mono<PostgresTarget> readable;

  private final Mono<JetStreamLog> broker;
  private final MetricsRecorder recorder;
  private final JetStreamLog nats;
  private final AtomicReference<Life> life = new AtomicReference<>(Life.OPEN);
  private final Mono<Void> closing = Mono.defer(this::closeNow).cache();
  private final AtomicReference<@Nullable Run> running = new AtomicReference<>();

  /** The last run's, if its events are listened to. */
  private final AtomicReference<@Nullable EventRelay> relay = new AtomicReference<>();

  private final Set<Run> visits = ConcurrentHashMap.newKeySet();
  private final Set<Sinks.Empty<Void>> comparisons = ConcurrentHashMap.newKeySet();
  private final ConcurrencyLimit snapshots;

  /** What may still be asked for: while it closes, what ends may need the servers once more. */
  private enum Life {
    OPEN,
    CLOSING,
    CLOSED
  }

  private CreekConsumer(ConsumerOptions options) {
    this.options = options;
    this.recorder = new GuardedRecorder(options.recorder());
    this.snapshots = new ConcurrencyLimit(options.lines().snapshots().atOnce());
    this.target = PostgresTarget.connect(options.postgres(), options.self());
    // Only success is kept: a server that was away when it was first needed is asked again.
    this.database =
        unlessClosed(
            target
                .subscriptions()
                .migrate()
                .thenReturn(target)
                .cacheInvalidateIf(reached -> false));
    Mono<PostgresTarget> existing =
        unlessClosed(
            target.requireControlSchema().thenReturn(target).cacheInvalidateIf(reached -> false));
    // A run is about to create it.
    this.readable = Mono.defer(() -> running.get() == null ? existing : database);
    this.nats = JetStreamLog.of(options.nats());
    this.broker = unlessClosed(nats.connected().cacheInvalidateIf(reached -> false));
  }

  private <T> Mono<T> unlessClosed(Mono<T> server) {
    return Mono.defer(() -> life.get() == Life.CLOSED ? Mono.error(closed()) : server);
  }

  private static IllegalStateException closed() {
    return new IllegalStateException("this consumer has been closed: create another one");
  }

  /**
   * Loads what the first connection to a target database needs, which takes longer than all else at
   * the start: for a program that has something else to do first. Blocks; nobody has to call it.
   */
  public static void preload() {
    PostgresTarget.preload();
  }

  /**
   * A consumer for these servers; connects to each when it is first needed. Reads resources and
   * certificates: may block for a moment.
   */
  public static CreekConsumer create(ConsumerOptions options) {
    return new CreekConsumer(options);
  }

  /**
   * Applies all active subscriptions, those added later included, until {@link #stop} or
   * cancellation. One run at a time. Consumers that run against one target share its tables: each
   * table is applied by one of them, and those of one that ended, died or stalled by the others.
   *
   * <p>Carries out the commands that were or are given by {@link #submit} or by the control
   * schema's SQL functions.
   *
   * <p>Cancelling rolls back what is being written; it is applied again by the next run. {@link
   * #stop} commits it first.
   *
   * @return what happens, told on a daemon thread that is the subscriber's own and on which it may
   *     block. A slow one misses events, but never the newest state and the newest commit of a
   *     table, and never slows the tables down. Completes when the run has ended in order; errors
   *     only where waiting is no help: refused credentials (those of the broker: refused for 10 s)
   *     and missing privileges at its start. {@link IllegalStateException} where this consumer runs
   *     already or has been closed: then nothing is connected to
   */
  public Flux<TableEvent> run() {
    return Flux.create(this::start, FluxSink.OverflowStrategy.ERROR);
  }

  private void start(FluxSink<TableEvent> subscriber) {
    var events = new EventRelay(subscriber);
    relay.set(events);
    Disposable applying = apply(events).subscribe(nothing -> {}, events::failed, events::completed);
    subscriber.onDispose(
        () -> {
          applying.dispose();
          events.dispose();
        });
  }

  /** {@link #run} for whoever has no use for its events: they cost nothing then. */
  public Mono<Void> runQuietly() {
    return apply(event -> {});
  }

  private Mono<Void> apply(Consumer<TableEvent> events) {
    return Mono.defer(
        () -> {
          Run run = new Run(options, target, recorder, events);
          if (!running.compareAndSet(null, run)) {
            return Mono.error(new IllegalStateException("this consumer runs already"));
          }
          return apply(run).doFinally(signal -> running.set(null));
        });
  }

  private Mono<Void> apply(Run run) {
    // Only now: whoever closes stops the run that he finds.
    if (life.get() != Life.OPEN) {
      return refused(run);
    }
    Mono<Void> applying =
        run.apply(
            FirstContact.with(database, "the target database").delayUntil(CreekConsumer::cleared),
            FirstContact.with(broker, "NATS").delayUntil(log -> visitsEnded()),
            new FacadeOperations(this));
    return Mono.when(applying, connectedEarly().takeUntilOther(run.ended()));
  }

  private static <T> Mono<T> refused(Run run) {
    run.forgo();
    return Mono.error(closed());
  }

  /** Beside the first connection to the database, which takes longer than all else at the start. */
  private Mono<Void> connectedEarly() {
    return broker.then().onErrorComplete();
  }

  /** Lines that begin beside a snapshot of their table would take the table away from it. */
  private Mono<Void> visitsEnded() {
    return Mono.defer(() -> Mono.when(visits.stream().map(Run::ended).toList()));
  }

  /**
   * What snapshots of killed runs left behind is in nobody's way: it may stay until another start.
   */
  private static Mono<Long> cleared(PostgresTarget db) {
    return db.snapshots()
        .removeLeftovers()
        .onErrorResume(
            e -> {
              log.warn("What snapshots may have left behind stays: {}", e.getMessage());
              return Mono.just(0L);
            });
  }

  /**
   * Ends the run between transactions: what is being written is committed, the rest is read again
   * by the next run.
   *
   * @param grace how long to wait for that; then the run is cancelled. Completes when the run has
   *     ended and its subscriber has heard of it, for which a slow one is waited for a second at
   *     most
   */
  public Mono<Void> stop(Duration grace) {
    return Mono.defer(
        () -> {
          List<Run> runs = new ArrayList<>(visits);
          Run run = running.get();
          if (run != null) {
            runs.add(run);
          }
          comparisons.forEach(Sinks.Empty::tryEmitEmpty);
          return Mono.when(runs.stream().map(each -> each.stop(grace)).toList())
              .then(Mono.defer(() -> described(grace)));
        });
  }

  private Mono<Void> described(Duration grace) {
    EventRelay events = relay.get();
    return events == null || grace.isZero()
        ? Mono.empty()
        : events
            .described()
            .timeout(
                grace.compareTo(CANCELLED_WITHIN) < 0 ? grace : CANCELLED_WITHIN, Mono.empty());
  }

  /**
   * A table's snapshots that the broker still holds, oldest first.
   *
   * @return empty where it holds none; errors with {@link BrokerException.Unavailable} where it
   *     knows nothing of the source's database either
   */
  public Flux<PublishedSnapshot> snapshots(SourceTable source) {
    return broker.flatMapMany(log -> log.snapshots(source));
  }

  /**
   * Requests a new snapshot from the producer and applies it, as {@link #applySnapshot} does.
   *
   * <p>Not more at once than {@link ConsumerOptions#withSnapshots} allows; others wait.
   */
  public Flux<SnapshotProgress> snapshot(Mapping mapping, SnapshotMode mode) {
    return carryOut(new SnapshotOrder(mapping, mode, null, false), Mono.never());
  }

  /** {@link #applySnapshot(String, Mapping, SnapshotMode, boolean)}, not forced. */
  public Flux<SnapshotProgress> applySnapshot(String subject, Mapping mapping, SnapshotMode mode) {
    return applySnapshot(subject, mapping, mode, false);
  }

  /**
   * Applies a snapshot that is published. The table need be neither subscribed nor there; a
   * subscribed one is paused between two transactions, and goes on where nothing is missed. Works
   * with and without a {@link #run}, and beside other processes. Cancelling, like {@link #stop},
   * gives it up.
   *
   * @param subject its name, as {@link #snapshots} tells
   * @param force whether to apply it where the broker no longer holds all changes since then; these
   *     are then missing
   * @return how far it is, the newest only where nobody asks, {@code DONE} at last; errors with
   *     {@link dev.creek.consumer.api.SnapshotException} where the snapshot is of no use, else with
   *     what the servers say. A clean snapshot has then changed nothing; of an upsert the rows that
   *     were written stay, and the changes since the snapshot mend them
   */
  public Flux<SnapshotProgress> applySnapshot(
      String subject, Mapping mapping, SnapshotMode mode, boolean force) {
    return carryOut(new SnapshotOrder(mapping, mode, subject, force), Mono.never());
  }

  /**
   * Takes or applies a snapshot.
   *
   * @param unwanted once it completes the snapshot is given up, as by cancelling, but its end is
   *     told: with a {@link java.util.concurrent.CancellationException} when all is cleaned up
   */
  Flux<SnapshotProgress> carryOut(SnapshotOrder order, Mono<Void> unwanted) {
    return snapshots.inTurn(
        Flux.defer(
            () -> {
              Run run = running.get();
              return run == null ? alone(order, unwanted) : run.snapshot(order, broker, unwanted);
            }),
        unwanted);
  }

  /** How long commands ask a producer again that does not answer. */
  Duration producerWait() {
    return options.lines().snapshots().producerWait();
  }

  private Flux<SnapshotProgress> alone(SnapshotOrder order, Mono<Void> unwanted) {
    return Flux.using(
        () -> {
          Run visit = new Run(options, target, recorder, event -> {});
          visits.add(visit);
          return visit;
        },
        visit ->
            life.get() == Life.OPEN
                ? visit.snapshotAlone(order, database.then(broker), unwanted)
                : CreekConsumer.<SnapshotProgress>refused(visit).flux(),
        visits::remove);
  }

  /** Creates the control schema, or brings it up to date, as {@link #run} does first of all. */
  public Mono<Void> initialize() {
    return database.then();
  }

  /**
   * The SQL that does the same, for an administrator to run in advance. Reads resources: may block
   * for a moment.
   *
   * @param controlSchema the schema's name
   * @param controlRole is granted the functions; null for nobody
   * @param serviceRole is granted what a consumer needs there; null for nobody
   * @throws IllegalArgumentException where the name cannot be used
   */
  public static String controlSql(
      String controlSchema, @Nullable String controlRole, @Nullable String serviceRole) {
    return PostgresTarget.controlSql(controlSchema, controlRole, serviceRole);
  }

  /** Subscribes a table, or re-activates it where it stopped; a running consumer picks it up. */
  public Mono<Subscription> addTable(Mapping mapping) {
    return database.flatMap(db -> db.subscriptions().activate(mapping));
  }

  /**
   * Subscribes a table that has no position yet, and says which change it begins with.
   *
   * @return errors with {@link DatabaseException} where it holds a position already, with {@link
   *     BrokerException.Gap} where the stream no longer holds all since the time
   */
  public Mono<Subscription> addTable(Mapping mapping, StartFrom from) {
    return broker
        .flatMap(changes -> FirstPosition.position(changes, mapping.source(), from))
        .flatMap(position -> database.flatMap(db -> db.subscriptions().begin(mapping, position)));
  }

  /**
   * Completes where a table that is to be subscribed is there, or a command that waits will create
   * it. {@link #addTable} takes others as well: they are shown as failed until they are created.
   *
   * @return errors with {@link DatabaseException}, as the SQL function {@code add_table} does
   */
  public Mono<Void> requireTable(Mapping mapping) {
    return database.flatMap(db -> db.requireTable(mapping));
  }

  /**
   * Whether the broker holds anything of a source table: a change, a schema or a snapshot.
   *
   * @return errors with {@link BrokerException.Unavailable} where it has no stream of the database
   */
  public Mono<Boolean> isPublished(SourceTable source) {
    return broker.flatMap(log -> log.holds(source));
  }

  /**
   * All that the broker tells of a source table's name: whether anything of it is published, and of
   * which tables with similar names something is.
   *
   * @return errors with {@link BrokerException.Unavailable} where it has no stream of the database
   */
  public Mono<SourceSighting> look(SourceTable source) {
    return broker.flatMap(log -> log.look(source));
  }

  /**
   * Ends a table's subscription, keeping its position and its rows; a running consumer stops
   * applying it.
   *
   * @return false where there is no such subscription
   */
  public Mono<Boolean> removeTable(TargetTable table) {
    return readable.flatMap(db -> db.subscriptions().deactivate(table));
  }

  /**
   * Tries a table that has stopped again now, where this consumer runs and applies it.
   *
   * @return false where it does not wait, or not here
   */
  public Mono<Boolean> resumeTable(TargetTable table) {
    return Mono.fromSupplier(
        () -> {
          Run run = running.get();
          return run != null && run.resume(table);
        });
  }

  /**
   * Passes over exactly one message of a failed table, the one that it stopped at, and tries the
   * table again. The change in it is lost for the target.
   *
   * @param sequence its stream sequence, as the table's reason tells it
   * @return what it failed with; empty where the table has not stopped at this message: then
   *     nothing is passed over
   */
  public Mono<String> skipChange(TargetTable table, long sequence) {
    return readable
        .flatMap(db -> db.subscriptions().skip(table, sequence))
        .delayUntil(reason -> resumeTable(table));
  }

  /**
   * All subscriptions, in order of target. Their states are as they are now: of a table whose
   * consumer was killed, that it waits for another one, and {@link
   * dev.creek.consumer.api.TableState.Name#UNKNOWN} where its consumer is connected and has not
   * shown itself for 5 s.
   */
  public Flux<Subscription> subscriptions() {
    return readable.flatMapMany(db -> db.subscriptions().present());
  }

  /**
   * The processes that are at work on the target database, in the order in which they came: running
   * consumers, which share the tables, and commands that take a snapshot. Also those that are
   * {@link Instance#isLate late}: slow, or stopped.
   */
  public Flux<Instance> instances() {
    return readable.flatMapMany(db -> db.replicas().instances());
  }

  /**
   * Tells whether a running consumer may be at work on the target database: one of {@link
   * #instances}, or one that has lost its connection within the last 10 s and may come back. False
   * means that none is connected.
   */
  public Mono<Boolean> mayBeServed() {
    return readable.flatMap(db -> db.replicas().mayServe());
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
  public Mono<Boolean> createTable(Mapping mapping) {
    return database
        .then(broker)
        .flatMap(
            changes ->
                new Schemas(target.schemaCache(), changes)
                    .newest(mapping.source())
                    .flatMap(schema -> target.tables().createTable(mapping.target(), schema))
                    .switchIfEmpty(Mono.defer(() -> createAsSnapshot(changes, mapping))));
  }

  private Mono<Boolean> createAsSnapshot(JetStreamLog changes, Mapping mapping) {
    var headers = new HeaderSchemas(changes, options.lines());
    return headers
        .newest(mapping.source())
        .switchIfEmpty(
            Mono.defer(() -> headers.requested(mapping.source()))
                .onErrorResume(
                    e -> e instanceof BrokerException.Unavailable || e instanceof SnapshotException,
                    e -> look(mapping.source()).flatMap(seen -> Mono.error(noSchema(seen, e)))))
        .flatMap(rows -> target.tables().createTable(mapping.target(), rows));
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
   * Gives a command to whichever service runs against this target, now or later: it is stored, and
   * carried out once a service is there.
   *
   * @return its id, or that of the same command where that is the last one that waits for the
   *     table; errors with {@link DatabaseException} where it cannot be stored
   */
  public Mono<Long> submit(Command command) {
    return database.flatMap(db -> db.commands().submit(command));
  }

  /**
   * Waits for a command's end.
   *
   * @param timeout how long at most
   * @return the command as it is then, finished or not; empty where there is none of this id
   */
  public Mono<CommandRecord> await(long id, Duration timeout) {
    return readable
        .map(PostgresTarget::commands)
        .flatMap(
            log -> follow(log, id).take(timeout).takeLast(1).switchIfEmpty(log.find(id)).next());
  }

  /**
   * Looks at a command again and again, until it is finished: that is the last element.
   *
   * @return empty where there is none of this id
   */
  public Flux<CommandRecord> follow(long id) {
    return readable.map(PostgresTarget::commands).flatMapMany(log -> follow(log, id));
  }

  private static Flux<CommandRecord> follow(CommandLog log, long id) {
    Mono<CommandRecord> look = log.find(id);
    return look.expand(
        command ->
            command.outcome() == CommandOutcome.PENDING
                ? Mono.delay(LOOK_INTERVAL).then(look)
                : Mono.empty());
  }

  /**
   * Cancels a command: one that waits ends at once, one that runs is ended by the service that
   * carries it out, within moments, and leaves its table as it was; no subscription ends by it. Who
   * takes a snapshot by {@link #snapshot} cancels by disposing of that.
   *
   * @return false where it has ended already; errors with {@link DatabaseException} where there is
   *     none of this id. {@link #follow} tells how it ends: a moment too late it may end otherwise
   */
  public Mono<Boolean> cancel(long id) {
    return readable.flatMap(db -> db.commands().cancel(id));
  }

  /**
   * Commands and what became of them, newest first: those that have not ended, the first 500 of
   * them, and the newest of those that have.
   *
   * @param ended how many that have ended, at most
   */
  public Flux<CommandRecord> commands(int ended) {
    return readable.flatMapMany(db -> db.commands().newest(ended));
  }

  /**
   * Asks the target database, and looks at the connection to the broker, which is made where nobody
   * has needed it yet.
   *
   * @param limit how long each of them may take
   * @return never errors
   */
  public Mono<Reachability> reachability(Duration limit) {
    return Mono.zip(
        trouble(broker.flatMap(CreekConsumer::requireConnected), "NATS", limit),
        trouble(unlessClosed(target.check()), "the target database", limit),
        (broken, refusing) -> new Reachability(broken.orElse(null), refusing.orElse(null)));
  }

  private static Mono<Void> requireConnected(JetStreamLog log) {
    return log.isConnected()
        ? Mono.empty()
        : Mono.error(new BrokerException.Unavailable("not connected to NATS"));
  }

  private static Mono<Optional<String>> trouble(Mono<Void> look, String server, Duration limit) {
    return look.then(Mono.just(Optional.<String>empty()))
        .timeout(limit)
        .onErrorResume(e -> Mono.just(Optional.of(words(e, server, limit))));
  }

  private static String words(Throwable error, String server, Duration limit) {
    return error instanceof TimeoutException
        ? "no answer from " + server + " within " + limit.toMillis() + " ms"
        : ErrorWords.described(error);
  }

  /** How the pool of connections to the target database is used now. */
  public PoolUse poolUse() {
    return target.poolUse();
  }

  /**
   * Completes when every thread that the work is done on has taken up a task. Where one is blocked
   * this never completes, and the process makes no progress.
   */
  public Mono<Void> threadsResponsive() {
    Run run = running.get();
    return Mono.when(
        target.threadsResponsive(),
        life.get() == Life.OPEN ? nats.threadsResponsive() : Mono.empty(),
        run == null ? Mono.empty() : run.threadsResponsive());
  }

  /**
   * Compares a source table with its target, while both are in use: each side is read once, and
   * rows that differ are looked at again until they are equal or the patience ends.
   *
   * @param source the database that the mapping's source table is in
   * @return errors with {@link ShapeMismatchException} where a table is missing, or where a table
   *     without a key is to be repaired
   */
  public Mono<Verification> verify(
      Mapping mapping, DatabaseOptions source, Verification.Options how) {
    return readable.flatMap(db -> db.verify(mapping, source, how));
  }

  /**
   * Compares a table with a fresh snapshot of its source, where the source database cannot be read.
   * The snapshot is requested, loaded into a table beside the compared one, and followed by the
   * services that run, one of which there must be, until the comparison ends: nothing is paused.
   * The table beside it is then removed; {@link #stop} ends it early, in order. One that a killed
   * process leaves behind goes with the next comparison or start of a service.
   *
   * @param how not to be repaired: the snapshot may be behind the table that it is compared with
   * @return errors with {@link dev.creek.consumer.api.SnapshotException} where no service runs, the
   *     snapshot cannot be taken or does not catch up, or the table is being compared already
   */
  public Mono<Verification> verify(Mapping mapping, Verification.Options how) {
    if (how.repair()) {
      return Mono.error(
          new IllegalArgumentException("only with the source database can rows be repaired"));
    }
    return Mono.using(
        () -> {
          Sinks.Empty<Void> ended = Sinks.empty();
          comparisons.add(ended);
          return ended;
        },
        ended ->
            readable.flatMap(
                db -> new FreshComparison(this, db, ended.asMono()).compare(mapping, how)),
        comparisons::remove);
  }

  /**
   * Looks at everything that a run will need, and changes nothing: both servers, the streams, the
   * control schema, the tables.
   *
   * @param mappings what to look at; empty: all active subscriptions
   * @param source the source database, to see what its producer cannot carry; null: not asked
   * @return what was found, on the way; never errors
   */
  public Flux<Finding> check(List<Mapping> mappings, @Nullable DatabaseOptions source) {
    return Flux.defer(
        () -> new Preflight(target, broker, options.lines()).findings(mappings, source));
  }

  /**
   * The age of the oldest change that a table has not applied yet and the broker holds; zero where
   * there is none.
   *
   * @return empty where that cannot be told: the position does not belong to the stream
   */
  public Mono<Duration> lag(Subscription subscription) {
    return broker.flatMap(
        changes -> changes.lag(subscription.mapping().source(), subscription.position()));
  }

  /**
   * Cancels the run, closes both connections. What is asked for afterwards errors with {@link
   * IllegalStateException}; closing once more does nothing. For reactive programs:
   *
   * <pre>{@code
   * Flux.usingWhen(
   *     Mono.fromSupplier(() -> CreekConsumer.create(options)).subscribeOn(Schedulers.boundedElastic()),
   *     CreekConsumer::run,
   *     CreekConsumer::closeLater)
   * }</pre>
   *
   * @return completes when they are closed, also a connection that was only being made; never
   *     errors
   */
  public Mono<Void> closeLater() {
    return closing;
  }

  private Mono<Void> closeNow() {
    life.set(Life.CLOSING);
    return stop(Duration.ZERO)
        .onErrorComplete()
        .then(Mono.fromRunnable(() -> life.set(Life.CLOSED)))
        .then(nats.close().onErrorComplete())
        .then(target.close().onErrorComplete());
  }

  /**
   * {@link #closeLater}, waited for. Blocks.
   *
   * @throws IllegalStateException on a thread that must not be blocked, where nothing is closed: it
   *     is for {@code closeLater} then; and where closing takes longer than 20 s
   */
  @Override
  public void close() {
    if (Schedulers.isInNonBlockingThread()) {
      throw new IllegalStateException(
          "close() blocks, and thread %s must not be: return closeLater() from there, as Flux.usingWhen(..., CreekConsumer::run, CreekConsumer::closeLater) does. Nothing was closed"
              .formatted(Thread.currentThread().getName()));
    }
    closeLater().block(CLOSE_PATIENCE);
  }
}
