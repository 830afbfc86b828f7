package dev.creek.consumer.source;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.jetstream.JetStreamLog;
import dev.creek.consumer.retry.Backoff;
import dev.creek.consumer.stream.ChangeLog;
import dev.creek.consumer.stream.SnapshotLog;
import dev.creek.consumer.wire.WalSchema;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * Reads what a Creek producer publishes on NATS JetStream, for a program that does something of its
 * own with it.
 *
 * <pre>{@code
 * CreekSource creek =
 *     CreekSource.create(
 *         SourceOptions.builder("nats://localhost")
 *             .positions(Positions.postgres(connectionFactory, "billing"))
 *             .build());
 * creek
 *     .changes("shop.public.orders")
 *     .as(Order.class)
 *     .forEachTransaction(tx -> index.save(tx.changes()))
 *     .subscribe();
 * }</pre>
 *
 * <p>One connection, made when it is first needed. Thread-safe; nothing blocks except {@link
 * #close}.
 */
public final class CreekSource implements AutoCloseable {
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);

  private final SourcePorts ports;
  private final Sinks.Empty<Void> closed = Sinks.empty();
  private final Mono<Void> closing;
  private final Supplier<Boolean> connected;
  private final Set<Positions> used = Collections.newSetFromMap(new IdentityHashMap<>());

  private CreekSource(
      SourcePorts ports, Mono<Void> closeBroker, Supplier<Boolean> connected, boolean ownThreads) {
    this.ports = ports;
    this.connected = connected;
    this.closing =
        Mono.fromRunnable(closed::tryEmitEmpty)
            .then(closeBroker.onErrorComplete())
            .doFinally(
                end -> {
                  if (ownThreads) {
                    ports.scheduler().dispose();
                  }
                })
            .cache();
  }

  /** A source for this broker; connects when it is first subscribed to. */
  public static CreekSource create(SourceOptions options) {
    JetStreamLog log = JetStreamLog.of(options.broker());
    return of(options, log, log, log.close(), log::isConnected);
  }

  /** A source of any log. */
  static CreekSource of(
      SourceOptions options,
      ChangeLog changes,
      SnapshotLog snapshots,
      Mono<Void> close,
      Supplier<Boolean> connected) {
    Scheduler given = options.scheduler();
    Scheduler scheduler =
        given == null
            ? Schedulers.newParallel(
                "creek-source", Runtime.getRuntime().availableProcessors(), true)
            : given;
    return new CreekSource(
        SourcePorts.of(options, changes, snapshots, scheduler), close, connected, given == null);
  }

  /**
   * The changes of tables.
   *
   * @param tables names as {@code database.schema.table}, all of one database; a part with dots is
   *     double-quoted. {@code *} in a schema or table stands for any characters, also in tables
   *     that are created later
   * @throws IllegalArgumentException if a name cannot be read, with a message for people
   */
  public Changes<Row> changes(String... tables) {
    return new Changes<>(
        this,
        TableSelection.of(List.of(tables)),
        Start.storedOr(Start.EARLIEST),
        ports.options().positions(),
        RowMapper.rows(),
        Set.of());
  }

  /**
   * The published snapshots of a table.
   *
   * @param table as {@code database.schema.table}
   * @throws IllegalArgumentException if the name cannot be read, with a message for people
   */
  public TableSnapshots<Row> snapshots(String table) {
    return new TableSnapshots<>(this, SourceTable.parse(table), RowMapper.rows());
  }

  /**
   * The schemas of a table: the newest that its producer has published, if there is one, and then
   * each other one, when the first change that has it comes. Never completes; errors as {@link
   * Changes} do.
   *
   * @param table as {@code database.schema.table}
   * @throws IllegalArgumentException if the name cannot be read, with a message for people
   */
  public Flux<TableSchema> schemas(String table) {
    SourceTable source = SourceTable.parse(table);
    TableSelection only = TableSelection.of(List.of(table));
    return reading(
        found -> schemas(source, only, found.orElseThrow()),
        () -> Beginning.of(Start.LATEST, Positions.inMemory(), ports.changes(), only),
        only);
  }

  /** The beginning is found first, so that no schema is missed between both. */
  private Flux<TableSchema> schemas(SourceTable source, TableSelection only, Beginning beginning) {
    Flux<WalSchema> later =
        Flux.defer(
            () ->
                new Reading(ports, only, beginning, Set.of(), sequence -> Mono.just(false))
                    .batches()
                    .concatMapIterable(dev.creek.consumer.stream.Batch::changes, 1)
                    .map(dev.creek.consumer.wire.Change::schema));
    return ports
        .schemas()
        .newest(source)
        .concatWith(later)
        .distinctUntilChanged(WalSchema::text)
        .map(schema -> TableSchema.of(source, schema));
  }

  /** Tells whether the connection to the broker is up now; false before it is first needed. */
  public boolean isConnected() {
    return connected.get();
  }

  SourcePorts ports() {
    return ports;
  }

  /** A position has one reader at a time: two would undo each other's. */
  synchronized Positions use(Positions positions) {
    if (!used.add(positions)) {
      throw new IllegalStateException(
          "%s are in use by another subscription of this source: give each changes(…) its own, with positions(…)"
              .formatted(positions));
    }
    return positions;
  }

  synchronized void release(Positions positions) {
    used.remove(positions);
  }

  /**
   * Begins, waiting for the broker if it is away, and reads until this source is closed.
   *
   * @param read reads from the place
   * @param begin finds the place; empty if snapshots come first
   */
  <U> Flux<U> reading(
      Function<Optional<Beginning>, Flux<U>> read,
      Supplier<Mono<Beginning>> begin,
      TableSelection tables) {
    return Mono.defer(begin)
        .map(Optional::of)
        .defaultIfEmpty(Optional.empty())
        .onErrorMap(BrokerException.Gap.class, gap -> SourceErrors.gap(tables, gap, 0))
        .retryWhen(outages(tables.database()))
        .flatMapMany(read)
        .transform(this::unlessClosed);
  }

  /** The same until this source is closed. */
  <U> Flux<U> unlessClosed(Flux<U> work) {
    return work.takeUntilOther(closed.asMono().then(Mono.error(CreekSource::closed)));
  }

  private Retry outages(String database) {
    return Backoff.OUTAGE
        .retries()
        .transientErrors(true)
        .filter(PatientSchemas::isOutage)
        .doBeforeRetry(
            signal -> {
              var outage = (BrokerException.Unavailable) signal.failure();
              ports
                  .listener(database)
                  .interrupted(String.valueOf(outage.getMessage()), outage.hint());
            });
  }

  private static IllegalStateException closed() {
    return new IllegalStateException("this CreekSource was closed");
  }

  /**
   * Ends all subscriptions with {@link IllegalStateException}, and closes the connection.
   *
   * @return completes when that is done; never errors
   */
  public Mono<Void> closeLater() {
    return closing;
  }

  /**
   * {@link #closeLater}, waited for. Blocks.
   *
   * @throws IllegalStateException on a thread that must not be blocked, where nothing is closed;
   *     and if closing takes longer than 20 s
   */
  @Override
  public void close() {
    if (Schedulers.isInNonBlockingThread()) {
      throw new IllegalStateException(
          "close() blocks, and thread %s must not be: return closeLater() from there. Nothing was closed"
              .formatted(Thread.currentThread().getName()));
    }
    closeLater().block(CLOSE_TIMEOUT);
  }

  @Override
  public String toString() {
    return "CreekSource[" + ports.options().broker().serversForPeople() + "]";
  }
}
