package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableEvent;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.stream.ByteShares;
import dev.creek.consumer.stream.ChangeLog;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.OutageLog;
import dev.creek.consumer.stream.PipelineOptions;
import dev.creek.consumer.stream.PipelinePorts;
import dev.creek.consumer.stream.Replicas;
import dev.creek.consumer.stream.Schemas;
import dev.creek.consumer.stream.SnapshotLog;
import dev.creek.consumer.stream.SnapshotOrder;
import dev.creek.consumer.stream.SnapshotTables;
import dev.creek.consumer.stream.Subscriptions;
import dev.creek.consumer.stream.TargetTables;
import dev.creek.consumer.stream.group.Groups;
import dev.creek.consumer.stream.snapshot.SnapshotTask;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * Keeps one pipeline running for every active subscription of this instance's share. It checks
 * whenever either may have changed, starts missing pipelines, and stops those that are not wanted
 * any more. Level-triggered, so a lost wake-up only costs time. Run it once.
 */
public final class TablePipelines {
  private static final Logger log = LoggerFactory.getLogger(TablePipelines.class);

  private final OutageLog reading =
      new OutageLog(log, "The subscriptions cannot be read", "The subscriptions can be read again");

  /**
   * A bound where Reactor wants one: every pipeline must run, or a table would wait for another to
   * end.
   */
  private static final int ALL_LINES = Integer.MAX_VALUE;

  /** How long a pipeline that ends waits for another one that ends at the same moment. */
  private static final Duration EMIT_PATIENCE = Duration.ofSeconds(1);

  /** Longest delay until a table's lag, and whether it is a member of its group, is visible. */
  private static final Duration NOTE_INTERVAL = Duration.ofSeconds(3);

  private final Subscriptions subscriptions;
  private final Replicas replicas;
  private final PipelinePorts around;
  private final Groups groups;
  private final SnapshotOrders snapshots;
  private final Mono<Void> stop;
  private final ConcurrentMap<Mapping, TablePipeline> running = new ConcurrentHashMap<>();

  /** Reasons to check that are not in the database: another share, and pipelines that ended. */
  private final Sinks.Many<Subscriptions.Signal> looks =
      Sinks.many().multicast().directBestEffort();

  private final Sinks.Many<Object> shareChanges = Sinks.many().multicast().directBestEffort();

  /** Pipelines whose state could not be stored; one that is dropped here is found again. */
  private final Sinks.Many<TablePipeline> shownWrongly =
      Sinks.many().multicast().directBestEffort();

  /** Longest delay until it is noticed that an idle table was replaced or emptied from outside. */
  private static final Duration TARGET_INTERVAL = Duration.ofSeconds(5);

  private volatile Replicas.Share share = Replicas.Share.NONE;

  /** The subscribed tables, active or not, as last read, with the names of their groups. */
  private volatile Map<TargetTable, Subscription> subscribed = Map.of();

  /**
   * @param scheduler threads for decoding, folding and transcoding
   * @param events notified of each event; called from any thread, must not block
   * @param stop ends all pipelines between transactions
   */
  public TablePipelines(
      ChangeLog changes,
      SnapshotLog snapshotLog,
      Subscriptions subscriptions,
      Replicas replicas,
      TargetTables targets,
      SnapshotTables snapshotTables,
      Schemas schemas,
      PipelineOptions options,
      Scheduler scheduler,
      MetricsRecorder recorder,
      Consumer<TableEvent> events,
      Mono<Void> stop) {
    this.subscriptions = subscriptions;
    this.replicas = replicas;
    this.stop = stop;
    ByteShares batchBytes = ByteShares.of(options.limits().bytes());
    this.around =
        new PipelinePorts(
            changes,
            snapshotLog,
            targets,
            snapshotTables,
            replicas,
            schemas,
            options,
            batchBytes,
            scheduler,
            recorder,
            events,
            stop);
    this.groups = new Groups(changes, targets, options, scheduler);
    this.snapshots = new SnapshotOrders(running, subscriptions, around, groups, stop);
  }

  /**
   * Runs until it is stopped: completes when every pipeline has ended and the other instances know
   * it.
   */
  public Mono<Void> run() {
    return Mono.defer(
        () -> {
          Sinks.Empty<Void> allEnded = Sinks.empty();
          Mono<Void> lines = lines().doOnTerminate(allEnded::tryEmitEmpty);
          return Flux.merge(
                  lines, takePart(allEnded.asMono()), notes(), lookAtTargets(), showAgain())
              .then();
        });
  }

  /** Changes to a target from outside are visible only in its catalog. */
  private Mono<Void> lookAtTargets() {
    return Flux.interval(TARGET_INTERVAL)
        .onBackpressureDrop()
        .map(tick -> running.values().stream().flatMap(line -> held(line).stream()).toList())
        .filter(claims -> !claims.isEmpty())
        .concatMap(
            claims ->
                around
                    .targets()
                    .look(claims)
                    .doOnError(e -> log.debug("Targets cannot be checked: {}", e.getMessage()))
                    .onErrorComplete(),
            1)
        .takeUntilOther(stop)
        .then();
  }

  private static Optional<Claim> held(TablePipeline line) {
    return line.isVisiting() ? Optional.empty() : Optional.ofNullable(line.held());
  }

  private Mono<Void> notes() {
    return Flux.interval(NOTE_INTERVAL)
        .onBackpressureDrop()
        .map(tick -> known())
        .filter(known -> !known.isEmpty())
        .concatMap(known -> subscriptions.note(known).onErrorComplete(), 1)
        .takeUntilOther(stop)
        .then();
  }

  private Mono<Void> showAgain() {
    return shownWrongly.asFlux().concatMap(TablePipeline::showAgain, 1).takeUntilOther(stop).then();
  }

  private Map<TargetTable, Subscriptions.Note> known() {
    Map<TargetTable, Subscriptions.Note> known = new HashMap<>();
    running.forEach(
        (mapping, line) -> {
          if (!line.isVisiting()) {
            known.put(mapping.target(), line.report().note());
          }
        });
    return known;
  }

  private Mono<Void> lines() {
    Flux<TablePipeline> subscribed =
        Flux.merge(subscriptions.changes(), looks.asFlux())
            .takeUntilOther(stop)
            .onBackpressureLatest()
            .concatMap(signal -> active(), 1)
            .concatMapIterable(this::reconcile, 1);
    return Flux.merge(snapshots.visitors().takeUntilOther(stop), subscribed)
        .flatMap(this::runLine, ALL_LINES, 1)
        .then();
  }

  /**
   * Applies a snapshot in the table's pipeline, or in a separate one if the table has none.
   * Cancelling gives it up.
   *
   * @param unwanted once it completes the snapshot is given up as well, and its end is emitted then
   * @return its progress, without demand only the newest, up to {@code DONE}; errors with {@link
   *     SnapshotException}, or with the errors of the broker's and the database's ports. The table
   *     is then as it was
   */
  public Flux<SnapshotProgress> snapshot(SnapshotOrder order, Mono<Void> unwanted) {
    return snapshots.apply(order, unwanted);
  }

  /** The same without {@link #run}: nothing else runs meanwhile. */
  public Flux<SnapshotProgress> snapshotAlone(SnapshotOrder order, Mono<Void> unwanted) {
    return snapshots.applyAlone(order, unwanted);
  }

  /**
   * Leaves when the pipelines have ended: an instance that takes over earlier would cut off their
   * writes.
   */
  private Mono<Void> takePart(Mono<Void> allEnded) {
    return replicas
        .shares(allEnded)
        .doOnNext(
            present -> {
              share = present;
              shareChanges.tryEmitNext(present);
              look();
            })
        .then();
  }

  private void look() {
    looks.emitNext(Subscriptions.Signal.WAKE, Sinks.EmitFailureHandler.busyLooping(EMIT_PATIENCE));
  }

  private Mono<List<Subscription>> active() {
    return Mono.defer(this::compared)
        .doOnSuccess(read -> reading.over())
        .doOnError(reading::failed)
        .retryWhen(
            Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(200)).maxBackoff(Duration.ofSeconds(5)))
        .takeUntilOther(stop);
  }

  /**
   * Reads the subscriptions; pipelines that are ahead of them, or lost their claim, start again.
   */
  private Mono<List<Subscription>> compared() {
    Map<Mapping, TablePipeline.Standing> standings = new HashMap<>();
    running.forEach((mapping, line) -> standings.put(mapping, line.standing()));
    return subscriptions
        .all()
        .collectList()
        .doOnNext(all -> subscribed = byTarget(all))
        .flatMapIterable(all -> all)
        .filter(Subscription::active)
        .doOnNext(subscription -> report(subscription, standings.get(subscription.mapping())))
        .collectList();
  }

  private static Map<TargetTable, Subscription> byTarget(List<Subscription> all) {
    Map<TargetTable, Subscription> tables = new HashMap<>();
    all.forEach(subscription -> tables.put(subscription.mapping().target(), subscription));
    return tables;
  }

  private Optional<TableGroup> group(Subscription subscription) {
    return subscription.group(around.options().grouping());
  }

  /** Reports the stored row of its table to a pipeline. */
  private void report(Subscription stored, TablePipeline.@Nullable Standing before) {
    TablePipeline line = running.get(stored.mapping());
    if (line == null) {
      return;
    }
    line.report().marks(stored.incompleteness());
    if (before != null) {
      line.compare(before, stored);
      if (line.isShownWrongly(before, stored)) {
        shownWrongly.tryEmitNext(line);
      }
    }
  }

  /**
   * Stops pipelines that are not active or not in the share any more, or whose tables are in
   * another group now, and returns those to start. A snapshot that has begun is completed even if
   * the table belongs to another share or group by now; a later check stops the pipeline.
   */
  private List<TablePipeline> reconcile(List<Subscription> active) {
    Replicas.Share present = share;
    Map<Mapping, Subscription> wanted =
        active.stream()
            .collect(Collectors.toUnmodifiableMap(Subscription::mapping, Function.identity()));
    running.forEach(
        (mapping, line) -> {
          Subscription stored = wanted.get(mapping);
          boolean stays =
              stored != null
                  && (line.isLoading() || (owns(present, stored) && line.isOf(group(stored))));
          if (!line.isVisiting() && !stays) {
            line.stop();
          }
        });
    List<TablePipeline> starting = new ArrayList<>();
    for (Subscription subscription : active) {
      Mapping mapping = subscription.mapping();
      TablePipeline line = new TablePipeline(subscription, around, groups);
      if (owns(present, subscription) && running.putIfAbsent(mapping, line) == null) {
        line.report().marks(subscription.incompleteness());
        starting.add(line);
      }
    }
    return starting;
  }

  /** Emits after {@link #owns} may have changed; never ends. */
  public Flux<?> shareChanges() {
    return shareChanges.asFlux();
  }

  /** Tells whether the table, alone or with its group, belongs to this instance's share. */
  public boolean owns(TargetTable table) {
    Subscription stored = subscribed.get(table);
    return stored == null ? share.owns(table) : owns(share, stored);
  }

  private static boolean owns(Replicas.Share share, Subscription table) {
    return table
        .group(share.grouping())
        .map(share::owns)
        .orElseGet(() -> share.owns(table.mapping().target()));
  }

  /** Tries a waiting or stuck table again now; false if it is neither, or not here. */
  public boolean resume(TargetTable table) {
    return running.values().stream()
        .filter(line -> line.mapping().target().equals(table))
        .anyMatch(TablePipeline::resume);
  }

  private Mono<Void> runLine(TablePipeline line) {
    return Mono.defer(line::run)
        .doFinally(
            signal -> {
              // Before another pipeline of the table may begin.
              line.report().forget();
              List<SnapshotTask> left = line.left();
              running.remove(line.mapping(), line);
              left.forEach(snapshots::enter);
              look();
            });
  }
}
