package dev.creek.consumer;

import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.TableEvent;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.control.Operations;
import dev.creek.consumer.metrics.GuardedRecorder;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.stream.SnapshotOrder;
import dev.creek.consumer.stream.snapshot.ConcurrencyLimit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The work that a consumer has begun and not ended: one run, snapshots beside it, comparisons.
 * Thread-safe.
 */
final class Runs {
  private static final Logger log = LoggerFactory.getLogger(Runs.class);

  private final ConsumerOptions options;
  private final Servers servers;
  private final MetricsRecorder recorder;
  private final ConcurrencyLimit snapshots;
  private final AtomicReference<@Nullable Run> running = new AtomicReference<>();
  private final Set<Run> visits = ConcurrentHashMap.newKeySet();
  private final Set<Sinks.Empty<Void>> comparisons = ConcurrentHashMap.newKeySet();

  Runs(ConsumerOptions options, Servers servers) {
    this.options = options;
    this.servers = servers;
    this.recorder = new GuardedRecorder(options.recorder());
    this.snapshots = new ConcurrencyLimit(options.snapshots().atOnce());
  }

  /** Tells whether a run is active, or about to begin. */
  boolean isRunning() {
    return running.get() != null;
  }

  /** The one run, as {@link CreekConsumer#run}. */
  Mono<Void> apply(Operations operations, Consumer<TableEvent> events) {
    return Mono.defer(
        () -> {
          Run run = new Run(options, servers.target(), recorder, events);
          if (!running.compareAndSet(null, run)) {
            return Mono.error(new IllegalStateException("this consumer runs already"));
          }
          return apply(run, operations).doFinally(signal -> running.set(null));
        });
  }

  private Mono<Void> apply(Run run, Operations operations) {
    // Only now: closing stops the run that it finds.
    if (!servers.isOpen()) {
      return refused(run);
    }
    Mono<Void> applying =
        run.apply(
            FirstContact.with(servers.database(), "the target database").delayUntil(Runs::cleared),
            FirstContact.with(servers.broker(), "NATS").delayUntil(log -> visitsEnded()),
            operations);
    return Mono.when(applying, connectedEarly().takeUntilOther(run.ended()));
  }

  private static <T> Mono<T> refused(Run run) {
    run.forgo();
    return Mono.error(Servers.closed());
  }

  /**
   * Runs beside the first connection to the database, which takes longer than all else at the
   * start.
   */
  private Mono<Void> connectedEarly() {
    return servers.broker().then().onErrorComplete();
  }

  /** Pipelines that begin beside a snapshot of their table would take the table away from it. */
  private Mono<Void> visitsEnded() {
    return Mono.defer(() -> Mono.when(visits.stream().map(Run::ended).toList()));
  }

  /** Leftovers of killed snapshots are harmless: they may stay until another start. */
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
   * Takes or applies a snapshot, in the run if there is one, otherwise in a separate one.
   *
   * @param unwanted once it completes the snapshot is given up, as by cancelling, but its end is
   *     emitted: a {@link java.util.concurrent.CancellationException} when all is cleaned up
   */
  Flux<SnapshotProgress> carryOut(SnapshotOrder order, Mono<Void> unwanted) {
    return snapshots.inTurn(
        Flux.defer(
            () -> {
              Run run = running.get();
              return run == null
                  ? alone(order, unwanted)
                  : run.snapshot(order, servers.broker(), unwanted);
            }),
        unwanted);
  }

  private Flux<SnapshotProgress> alone(SnapshotOrder order, Mono<Void> unwanted) {
    return Flux.using(
        () -> {
          Run visit = new Run(options, servers.target(), recorder, event -> {});
          visits.add(visit);
          return visit;
        },
        visit ->
            servers.isOpen()
                ? visit.snapshotAlone(order, servers.database().then(servers.broker()), unwanted)
                : Runs.<SnapshotProgress>refused(visit).flux(),
        visits::remove);
  }

  /** Work that {@link #stop} ends early, in order: it gets the signal for that. */
  <T> Mono<T> comparing(Function<Mono<Void>, Mono<T>> work) {
    return Mono.using(
        () -> {
          Sinks.Empty<Void> ended = Sinks.empty();
          comparisons.add(ended);
          return ended;
        },
        ended -> work.apply(ended.asMono()),
        comparisons::remove);
  }

  /** Tries a waiting table again now; false if it does not wait, or not here. */
  boolean resume(TargetTable table) {
    Run run = running.get();
    return run != null && run.resume(table);
  }

  /** Ends all work, by itself within {@code grace} or cancelled then. */
  Mono<Void> stop(Duration grace) {
    return Mono.defer(
        () -> {
          List<Run> runs = new ArrayList<>(visits);
          Run run = running.get();
          if (run != null) {
            runs.add(run);
          }
          comparisons.forEach(Sinks.Empty::tryEmitEmpty);
          return Mono.when(runs.stream().map(each -> each.stop(grace)).toList());
        });
  }

  /** Completes when the threads of the run have run a task. */
  Mono<Void> threadsResponsive() {
    Run run = running.get();
    return run == null ? Mono.empty() : run.threadsResponsive();
  }
}
