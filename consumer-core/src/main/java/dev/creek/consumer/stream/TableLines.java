package dev.creek.consumer.stream;

import dev.creek.consumer.control.Mapping;
import dev.creek.consumer.metrics.Recorder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * Keeps one line running for every active subscription: reads what is wanted whenever it may have
 * changed, starts what is missing, stops what is not wanted any more. Level-triggered, so a lost
 * wake-up only costs time. Run it once.
 */
public final class TableLines {
  private static final Logger log = LoggerFactory.getLogger(TableLines.class);

  /**
   * A bound where Reactor wants one: every line must run, or a table would wait for another to end.
   */
  private static final int ALL_LINES = Integer.MAX_VALUE;

  /** How long a line that ends waits for another one that ends at the same moment. */
  private static final Duration EMIT_PATIENCE = Duration.ofSeconds(1);

  private final Subscriptions subscriptions;
  private final TableLine.Surroundings around;
  private final Mono<Void> stop;
  private final ConcurrentMap<Mapping, TableLine> running = new ConcurrentHashMap<>();

  /** A line that ends while it is wanted again would otherwise wait for the next tick. */
  private final Sinks.Many<Subscriptions.Signal> ended =
      Sinks.many().multicast().directBestEffort();

  /**
   * @param scheduler where changes are decoded, folded and transcoded
   * @param events told of what happens; called from any thread, must not block
   * @param stop ends all lines between transactions
   */
  public TableLines(
      ChangeLog changes,
      Subscriptions subscriptions,
      TargetTables targets,
      Schemas schemas,
      LineOptions options,
      Scheduler scheduler,
      Recorder recorder,
      Consumer<LineEvent> events,
      Mono<Void> stop) {
    this.subscriptions = subscriptions;
    this.stop = stop;
    this.around =
        new TableLine.Surroundings(
            changes, targets, schemas, options, scheduler, recorder, events, stop);
  }

  /** Runs until it is stopped: completes when every line has ended. */
  public Mono<Void> run() {
    return Flux.merge(subscriptions.changes(), ended.asFlux())
        .takeUntilOther(stop)
        .onBackpressureLatest()
        .concatMap(signal -> wanted(), 1)
        .concatMapIterable(this::reconcile, 1)
        .flatMap(this::runLine, ALL_LINES, 1)
        .then();
  }

  private Mono<List<Mapping>> wanted() {
    return subscriptions
        .all()
        .filter(Subscription::active)
        .map(Subscription::mapping)
        .collectList()
        .doOnError(e -> log.warn("The subscriptions cannot be read: {}", e.getMessage()))
        .retryWhen(
            Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(200)).maxBackoff(Duration.ofSeconds(5)))
        .takeUntilOther(stop);
  }

  /** Stops what is not wanted; the lines to start. */
  private List<TableLine> reconcile(List<Mapping> wanted) {
    Set<Mapping> wantedSet = new HashSet<>(wanted);
    running.forEach(
        (mapping, line) -> {
          if (!wantedSet.contains(mapping)) {
            line.stop();
          }
        });
    List<TableLine> starting = new ArrayList<>();
    for (Mapping mapping : wanted) {
      TableLine line = new TableLine(mapping, around);
      if (running.putIfAbsent(mapping, line) == null) {
        starting.add(line);
      }
    }
    return starting;
  }

  private Mono<Void> runLine(TableLine line) {
    return Mono.defer(line::run)
        .doFinally(
            signal -> {
              // Before another line of the table may begin.
              line.forget();
              running.remove(line.mapping(), line);
              ended.emitNext(
                  Subscriptions.Signal.WAKE, Sinks.EmitFailureHandler.busyLooping(EMIT_PATIENCE));
            });
  }
}
