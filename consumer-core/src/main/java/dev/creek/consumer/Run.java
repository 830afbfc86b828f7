package dev.creek.consumer;

import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.TableEvent;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.control.Commands;
import dev.creek.consumer.control.NotifiedCommands;
import dev.creek.consumer.control.Operations;
import dev.creek.consumer.jetstream.JetStreamLog;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.stream.Schemas;
import dev.creek.consumer.stream.SnapshotOrder;
import dev.creek.consumer.stream.pipeline.TablePipelines;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** One run of a consumer: its lines, its threads, its end. */
final class Run {
  private final ConsumerOptions options;
  private final PostgresTarget target;
  private final MetricsRecorder recorder;
  private final Consumer<TableEvent> events;
  private final Sinks.Empty<Void> stop = Sinks.empty();
  private final Sinks.Empty<Void> abandon = Sinks.empty();
  private final Sinks.Empty<Void> ended = Sinks.empty();
  private final Sinks.Many<Object> shareChanges = Sinks.many().multicast().directBestEffort();
  private volatile @Nullable Scheduler lineThreads;
  private final Sinks.One<TablePipelines> begun = Sinks.one();
  private volatile @Nullable TablePipelines tableLines;

  Run(
      ConsumerOptions options,
      PostgresTarget target,
      MetricsRecorder recorder,
      Consumer<TableEvent> events) {
    this.options = options;
    this.target = target;
    this.recorder = recorder;
    this.events = events;
  }

  /** Carries out commands once the database is there, and runs the lines once the broker is. */
  Mono<Void> apply(
      Mono<PostgresTarget> database, Mono<JetStreamLog> broker, Operations operations) {
    return Mono.using(
            this::newThreads,
            threads ->
                database
                    .takeUntilOther(stop.asMono())
                    .flatMap(
                        db ->
                            Mono.when(
                                notifiedCommands().run(),
                                commands(operations).run(),
                                applyChanges(broker, threads))),
            this::disposeOwn)
        .takeUntilOther(abandon.asMono())
        .doFinally(signal -> ended.tryEmitEmpty());
  }

  private Mono<Void> applyChanges(Mono<JetStreamLog> broker, Scheduler threads) {
    return broker
        .takeUntilOther(stop.asMono())
        .map(changes -> lines(changes, threads))
        .flatMap(lines -> Mono.when(watchShare(lines), lines.run(), begun(lines)));
  }

  /** Comes behind the lines: from now on they take orders. */
  private Mono<Void> begun(TablePipelines lines) {
    return Mono.fromRunnable(() -> begun.tryEmitValue(lines));
  }

  private Mono<Void> watchShare(TablePipelines lines) {
    return lines
        .shareChanges()
        .takeUntilOther(stop.asMono())
        .doOnNext(shareChanges::tryEmitNext)
        .then();
  }

  /** Subscribed to before anybody listens. */
  private NotifiedCommands notifiedCommands() {
    return new NotifiedCommands(
        target.notifiedCommands(), target.commands(), this::isMine, stop.asMono());
  }

  private Commands commands(Operations operations) {
    return new Commands(
        target.commands(),
        operations,
        this::isMine,
        Flux.merge(target.subscriptions().changes(), shareChanges.asFlux()),
        stop.asMono(),
        (command, outcome) -> recorder.command(command.verb(), outcome));
  }

  /** Commands are for whoever applies the table; without a broker nothing is known of others. */
  private boolean isMine(TargetTable table) {
    TablePipelines started = tableLines;
    return started == null || started.owns(table);
  }

  /** Tries a table that waits again now; false where it does not wait, or not here. */
  boolean resume(TargetTable table) {
    TablePipelines started = tableLines;
    return started != null && started.resume(table);
  }

  /** Applies a snapshot in this run's lines, once they have begun. */
  Flux<SnapshotProgress> snapshot(
      SnapshotOrder order, Mono<JetStreamLog> broker, Mono<Void> unwanted) {
    return broker
        .then(Mono.firstWithSignal(begun.asMono(), ended().then(Mono.error(Run::abandoned))))
        .takeUntilOther(SnapshotOrder.givenUp(unwanted))
        .flatMapMany(lines -> lines.snapshot(order, unwanted));
  }

  /** Applies a snapshot and does nothing else; instead of {@link #apply}. */
  Flux<SnapshotProgress> snapshotAlone(
      SnapshotOrder order, Mono<JetStreamLog> broker, Mono<Void> unwanted) {
    return Flux.using(
            this::newThreads,
            threads ->
                broker
                    .takeUntilOther(SnapshotOrder.givenUp(unwanted))
                    .flatMapMany(changes -> lines(changes, threads).snapshotAlone(order, unwanted)),
            this::disposeOwn)
        .takeUntilOther(abandon.asMono().then(Mono.error(Run::abandoned)))
        .doFinally(signal -> ended.tryEmitEmpty());
  }

  private static SnapshotException abandoned() {
    return new SnapshotException("the snapshot was given up: the consumer was closed", null);
  }

  private Scheduler newThreads() {
    Scheduler given = options.scheduler();
    if (given != null) {
      lineThreads = given;
      return given;
    }
    // Daemons: a program that has nothing else to do than this waits for the run's end itself.
    Scheduler threads = Schedulers.newParallel("creek-line", Schedulers.DEFAULT_POOL_SIZE, true);
    lineThreads = threads;
    return threads;
  }

  /** A scheduler that the program brought is the program's to end. */
  private void disposeOwn(Scheduler threads) {
    if (threads != options.scheduler()) {
      threads.dispose();
    }
  }

  /** Completes when the lines' threads have taken up a task. */
  Mono<Void> threadsResponsive() {
    Scheduler threads = lineThreads;
    // Tasks go to the threads in turn; twice as many, because lines hand out tasks meanwhile.
    int tasks = 2 * Schedulers.DEFAULT_POOL_SIZE;
    return threads == null || threads.isDisposed()
        ? Mono.empty()
        : Flux.range(0, tasks)
            .flatMap(n -> Mono.<Void>fromRunnable(() -> {}).subscribeOn(threads), tasks, 1)
            .then();
  }

  private TablePipelines lines(JetStreamLog changes, Scheduler threads) {
    TablePipelines lines =
        new TablePipelines(
            changes,
            changes,
            target.subscriptions(),
            target.replicas(),
            target.tables(),
            target.snapshots(),
            new Schemas(target.schemaCache(), changes),
            options.pipelines(),
            threads,
            recorder,
            events,
            stop.asMono());
    tableLines = lines;
    return lines;
  }

  /** Will not begin: nobody is to wait for its end. */
  void forgo() {
    ended.tryEmitEmpty();
  }

  /** Completes when the run has ended. */
  Mono<Void> ended() {
    return ended.asMono();
  }

  /** Completes when the run has ended, by itself within {@code grace} or cancelled then. */
  Mono<Void> stop(Duration grace) {
    return Mono.fromRunnable(stop::tryEmitEmpty)
        .then(
            ended
                .asMono()
                .timeout(grace, Mono.fromRunnable(abandon::tryEmitEmpty).then(ended.asMono())));
  }
}
