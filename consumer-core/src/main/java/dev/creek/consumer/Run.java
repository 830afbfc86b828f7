package dev.creek.consumer;

import dev.creek.consumer.jetstream.JetStreamLog;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.stream.LineEvent;
import dev.creek.consumer.stream.Schemas;
import dev.creek.consumer.stream.TableLines;
import java.time.Duration;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** One run of a consumer: its lines, its threads, its end. */
final class Run {
  private final ConsumerOptions options;
  private final PostgresTarget target;
  private final Consumer<LineEvent> events;
  private final Sinks.Empty<Void> stop = Sinks.empty();
  private final Sinks.Empty<Void> abandon = Sinks.empty();
  private final Sinks.Empty<Void> ended = Sinks.empty();

  Run(ConsumerOptions options, PostgresTarget target, Consumer<LineEvent> events) {
    this.options = options;
    this.target = target;
    this.events = events;
  }

  /** Runs the lines once the broker is there. */
  Mono<Void> apply(Mono<JetStreamLog> broker) {
    return Mono.using(
            () -> Schedulers.newParallel("creek-line", Schedulers.DEFAULT_POOL_SIZE),
            threads ->
                broker
                    .takeUntilOther(stop.asMono())
                    .flatMap(changes -> lines(changes, threads).run()),
            Scheduler::dispose)
        .takeUntilOther(abandon.asMono())
        .doFinally(signal -> ended.tryEmitEmpty());
  }

  private TableLines lines(JetStreamLog changes, Scheduler threads) {
    return new TableLines(
        changes,
        target.subscriptions(),
        target.replicas(),
        target.tables(),
        new Schemas(target.schemaCache(), changes),
        options.lines(),
        threads,
        options.recorder(),
        events,
        stop.asMono());
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
