package dev.creek.consumer;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TableEvent;
import dev.creek.consumer.postgres.PostgresTarget;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Keeps tables of a target PostgreSQL equal to tables of a source whose changes a Creek producer
 * publishes on NATS JetStream.
 *
 * <p><b>Delivery</b>: every change that the broker still holds is applied exactly once, in order,
 * source transaction by source transaction. If a change cannot be applied, only its table stops,
 * and no data is lost. <b>Outages</b> of either server do not end a {@link #run}: it waits and
 * continues. <b>Threads</b>: thread-safe; nothing blocks except {@link #close}. Nothing happens
 * before a returned publisher is subscribed to.
 */
public final class CreekConsumer implements AutoCloseable {
  /**
   * A subscriber that blocks on an event is notified of the end after it; nothing waits longer for
   * that.
   */
  private static final Duration CANCELLED_WITHIN = Duration.ofSeconds(1);

  /** In addition to the time that each of the servers may take. */
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);

  private final ConsumerOptions options;
  private final Servers servers;
  private final Runs runs;
  private final Tables tables;
  private final Snapshots snapshots;
  private final CommandQueue commands;
  private final Comparisons comparisons;
  private final Health health;
  private final Mono<Void> closing;

  /** The last run's, if its events are subscribed to. */
  private final AtomicReference<@Nullable EventRelay> relay = new AtomicReference<>();

  private CreekConsumer(ConsumerOptions options) {
    this.options = options;
    this.servers = new Servers(options);
    this.runs = new Runs(options, servers);
    this.tables = new Tables(options, servers, runs);
    this.snapshots = new Snapshots(servers, runs);
    this.commands = new CommandQueue(servers, runs);
    this.health = new Health(servers, runs);
    this.comparisons = new Comparisons(this, servers, runs);
    this.closing = servers.close(stop(Duration.ZERO)).cache();
  }

  /**
   * Loads what the first connection to a target database needs, which takes longer than all else at
   * the start: for a program that has something else to do first. Blocks; optional.
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
   * table is applied by one of them. When a consumer ends, dies or stalls, the others take over its
   * tables.
   *
   * <p>Carries out the commands that were or are submitted by {@link #commands} or by the control
   * schema's SQL functions.
   *
   * <p>Cancelling rolls back a running write; the next run applies it again. {@link #stop} commits
   * it first.
   *
   * @return events, emitted on a daemon thread that is the subscriber's own and on which it may
   *     block. A slow subscriber misses events, but never the newest state and the newest commit of
   *     a table, and never slows the tables down. Completes when the run has ended in order; errors
   *     only if waiting does not help: refused credentials (those of the broker: refused for 10 s)
   *     and missing privileges at its start. {@link IllegalStateException} if this consumer runs
   *     already or has been closed: then it connects to nothing
   */
  public Flux<TableEvent> run() {
    return Flux.defer(
        () -> {
          EventRelay events = new EventRelay();
          relay.set(events);
          // The run has the subscriber's context, and is cancelled with it.
          Mono<Void> applying =
              apply(events).materialize().doOnNext(events::end).then(Mono.never());
          return events.events().takeUntilOther(applying);
        });
  }

  /** {@link #run} without events, which then cost nothing. */
  public Mono<Void> runQuietly() {
    return apply(event -> {});
  }

  private Mono<Void> apply(Consumer<TableEvent> events) {
    return runs.apply(new CommandActions(options, tables, runs), events);
  }

  /**
   * Ends the run between transactions: a running write is committed, the rest is read again by the
   * next run.
   *
   * @param grace how long to wait for that; then the run is cancelled. Completes when the run has
   *     ended and its subscriber has been notified; a slow one is waited for a second at most
   */
  public Mono<Void> stop(Duration grace) {
    return runs.stop(grace).then(Mono.defer(() -> described(grace)));
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

  /** The tables: created, subscribed, and their states. */
  public Tables tables() {
    return tables;
  }

  /** Snapshots of tables: listed, requested, applied. */
  public Snapshots snapshots() {
    return snapshots;
  }

  /** Commands for whichever consumer runs against the target database. */
  public CommandQueue commands() {
    return commands;
  }

  /** Comparisons of tables with their sources. */
  public Comparisons comparisons() {
    return comparisons;
  }

  /** The state of this consumer, its servers and the other instances. */
  public Health health() {
    return health;
  }

  /** Creates the control schema, or migrates it, which is the first step of {@link #run}. */
  public Mono<Void> initialize() {
    return servers.database().then();
  }

  /**
   * The SQL for the same, for an administrator to run in advance. Reads resources: may block for a
   * moment.
   *
   * @param controlSchema the schema's name
   * @param controlRole is granted the functions; null for none
   * @param serviceRole is granted what a consumer needs there; null for none
   * @throws IllegalArgumentException if the name cannot be used
   */
  public static String controlSql(
      String controlSchema, @Nullable String controlRole, @Nullable String serviceRole) {
    return PostgresTarget.controlSql(controlSchema, controlRole, serviceRole);
  }

  /**
   * Checks everything that a run will need, and changes nothing: both servers, the streams, the
   * control schema, the tables.
   *
   * @param mappings tables to check; empty: all active subscriptions
   * @param source the source database, to find what its producer cannot publish; null: not checked
   * @return findings, as they are made; never errors
   */
  public Flux<Finding> check(List<Mapping> mappings, @Nullable DatabaseOptions source) {
    return Flux.defer(
        () ->
            new Preflight(servers.target(), servers.broker(), options.pipelines())
                .findings(mappings, source));
  }

  /**
   * Cancels the run, closes both connections. Later calls error with {@link IllegalStateException};
   * closing once more does nothing. For reactive programs:
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

  /**
   * {@link #closeLater}, waited for. Blocks.
   *
   * @throws IllegalStateException on a thread that must not be blocked, where nothing is closed:
   *     use {@code closeLater} there; and if closing takes longer than 20 s
   */
  @Override
  public void close() {
    if (Schedulers.isInNonBlockingThread()) {
      throw new IllegalStateException(
          "close() blocks, and thread %s must not be: return closeLater() from there, as Flux.usingWhen(..., CreekConsumer::run, CreekConsumer::closeLater) does. Nothing was closed"
              .formatted(Thread.currentThread().getName()));
    }
    closeLater().block(CLOSE_TIMEOUT);
  }
}
