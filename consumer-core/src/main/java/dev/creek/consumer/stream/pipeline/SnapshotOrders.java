package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.SourceSighting;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.PipelinePorts;
import dev.creek.consumer.stream.SnapshotOrder;
import dev.creek.consumer.stream.Subscriptions;
import dev.creek.consumer.stream.group.Groups;
import dev.creek.consumer.stream.snapshot.SnapshotTask;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Brings orders for snapshots to the pipelines of their tables, or to pipelines that exist for one
 * order only. Thread-safe.
 */
final class SnapshotOrders {
  private final ConcurrentMap<Mapping, TablePipeline> running;
  private final Subscriptions subscriptions;
  private final PipelinePorts around;
  private final Groups groups;
  private final Mono<Void> stop;
  private final FillWaits fills;

  /** Pipelines without a subscription. */
  private final Sinks.Many<TablePipeline> visitors = Sinks.many().multicast().directBestEffort();

  /**
   * @param running the pipelines, to which those without a subscription are added
   */
  SnapshotOrders(
      ConcurrentMap<Mapping, TablePipeline> running,
      Subscriptions subscriptions,
      PipelinePorts around,
      Groups groups,
      Mono<Void> stop) {
    this.running = running;
    this.subscriptions = subscriptions;
    this.around = around;
    this.groups = groups;
    this.stop = stop;
    this.fills = new FillWaits(running, around, stop);
  }

  /** Pipelines without a subscription, to be run. */
  Flux<TablePipeline> visitors() {
    return visitors.asFlux();
  }

  /** As {@link TablePipelines#snapshot}. */
  Flux<SnapshotProgress> apply(SnapshotOrder order, Mono<Void> unwanted) {
    return carryOut(
        order,
        unwanted,
        task ->
            stopRemoved(order.mapping())
                .then(
                    order.columns().isEmpty()
                        ? Mono.<Void>empty()
                        : fills.caughtUp(order.mapping()))
                .takeUntilOther(SnapshotOrder.givenUp(task.cancelled()))
                .then(Mono.fromRunnable(() -> enter(task))));
  }

  /**
   * Stops the pipeline of a table that was removed, if that was not noticed yet: it would take the
   * order up and give it up a moment later. A stopped pipeline passes it on.
   */
  private Mono<Void> stopRemoved(Mapping mapping) {
    return Mono.fromSupplier(() -> running.get(mapping))
        .filter(line -> !line.isVisiting())
        .flatMap(
            line ->
                subscriptions
                    .all()
                    .any(stored -> stored.active() && stored.mapping().equals(mapping))
                    .filter(active -> !active)
                    .doOnNext(removed -> line.stop()))
        .onErrorComplete()
        .takeUntilOther(stop)
        .then();
  }

  /** The same while no pipelines run. */
  Flux<SnapshotProgress> applyAlone(SnapshotOrder order, Mono<Void> unwanted) {
    return carryOut(order, unwanted, task -> TablePipeline.visiting(task, around, groups).run());
  }

  private Flux<SnapshotProgress> carryOut(
      SnapshotOrder order, Mono<Void> unwanted, Function<SnapshotTask, Mono<Void>> work) {
    return Flux.defer(
        () -> {
          SnapshotTask task = new SnapshotTask(order, around.recorder());
          Mono<SnapshotProgress> begun =
              requested(task)
                  .takeUntilOther(SnapshotOrder.givenUp(task.cancelled()))
                  .then(Mono.defer(() -> task.enter() ? work.apply(task) : Mono.empty()))
                  .onErrorResume(e -> Mono.fromRunnable(() -> task.failed(e)))
                  .then(Mono.empty());
          return Flux.merge(1, task.progress(), begun)
              .concatMap(progress -> fills.settled(task, progress), 1)
              .takeUntilOther(unwanted.doOnSuccess(end -> task.cancel()).then(Mono.never()))
              .doOnCancel(task::cancel);
        });
  }

  /** Runs before the pipeline is paused, because a producer may need time, or never answer. */
  private Mono<Void> requested(SnapshotTask task) {
    SnapshotOrder order = task.order();
    SourceTable source = order.mapping().source();
    String subject = order.subject();
    if (subject != null) {
      // An impossible name must not pause the table, or leave a row for it.
      return around
          .snapshotLog()
          .snapshot(source, subject)
          .switchIfEmpty(unknown(source, subject))
          .then()
          .takeUntilOther(stop.then(Mono.error(Snapshotting::stopped)));
    }
    task.report(SnapshotProgress.Step.REQUESTING);
    return around
        .changes()
        .state(source)
        .doOnNext(task::requestedAt)
        .then(around.snapshotLog().requestSnapshot(source, around.options().snapshots().stall()))
        .doOnNext(task::found)
        .then()
        .takeUntilOther(stop.then(Mono.error(Snapshotting::stopped)));
  }

  private <T> Mono<T> unknown(SourceTable source, String subject) {
    return around
        .changes()
        .look(source)
        .mapNotNull(SourceSighting::suggestion)
        .onErrorComplete()
        .map(suggestion -> SnapshotException.unknown(subject, source, suggestion))
        .switchIfEmpty(Mono.fromSupplier(() -> SnapshotException.unknown(subject, source)))
        .flatMap(Mono::error);
  }

  /** Gives an order to the pipeline of its table, or to a new one. */
  void enter(SnapshotTask task) {
    Mapping mapping = task.order().mapping();
    TablePipeline line = running.get(mapping);
    while (line == null || !line.offer(task)) {
      TablePipeline visitor = TablePipeline.visiting(task, around, groups);
      line = running.putIfAbsent(mapping, visitor);
      if (line == null) {
        start(visitor);
        return;
      }
    }
  }

  private void start(TablePipeline visitor) {
    Sinks.EmitResult result;
    do {
      // Another thread emits, for an instruction or two.
      result = visitors.tryEmitNext(visitor);
    } while (result == Sinks.EmitResult.FAIL_NON_SERIALIZED);
    if (result.isFailure()) {
      running.remove(visitor.mapping(), visitor);
      visitor.left().forEach(task -> task.failed(Snapshotting.stopped()));
    }
  }
}
