package dev.creek.consumer.control;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.CommandRecord.CommandOutcome;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.retry.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.retry.Retry;

/**
 * Carries out the commands of a {@link CommandLog}: those of one target one at a time, in order;
 * those of different targets independently. Looks at the log whenever it may have changed and keeps
 * nothing in memory but what is being carried out, so a lost wake-up only costs time, and any
 * number of them costs no memory. Run it once.
 */
public final class Commands {
  private static final Logger LOG = LoggerFactory.getLogger(Commands.class);

  /** A bound where Reactor wants one: no target waits for another one's snapshot. */
  private static final int ALL_TARGETS = Integer.MAX_VALUE;

  /** A third of a lease. Commands whose leases have ended elsewhere are found as often. */
  private static final Duration RENEWAL_INTERVAL = Duration.ofSeconds(4);

  private static final Duration FIRST_PRUNING = Duration.ofMinutes(1);
  private static final Duration PRUNING_INTERVAL = Duration.ofHours(1);

  /** How long the end of one table's commands waits for an end at the same moment. */
  private static final Duration EMIT_PATIENCE = Duration.ofSeconds(1);

  private final CommandLog log;
  private final Operations operations;
  private final Predicate<TargetTable> mine;
  private final Flux<?> wakeUps;
  private final Mono<Void> stop;
  private final Listener listener;
  private final ConcurrentMap<TargetTable, TableCommands> running = new ConcurrentHashMap<>();

  /** A command may have come just when those of its table had ended. */
  private final Sinks.Many<TargetTable> ended = Sinks.many().multicast().directBestEffort();

  /**
   * @param mine whose commands are carried out here; asked anew at each look
   * @param wakeUps emits whenever the log may have changed; never ends
   * @param stop gives commands that are being carried out back
   * @param listener told of what was carried out
   */
  public Commands(
      CommandLog log,
      Operations operations,
      Predicate<TargetTable> mine,
      Flux<?> wakeUps,
      Mono<Void> stop,
      Listener listener) {
    this.log = log;
    this.operations = operations;
    this.mine = mine;
    this.wakeUps = wakeUps;
    this.stop = stop;
    this.listener = listener;
  }

  /** Told how commands ended; called from any thread, must not block. */
  public interface Listener {

    /**
     * A command was carried out, failed, or was cancelled.
     *
     * @param outcome which of them
     */
    void ended(Command command, CommandOutcome outcome);
  }

  /** Runs until it is stopped: completes when nothing is being carried out any more. */
  public Mono<Void> run() {
    return Mono.when(tables(), renewals(), prunings());
  }

  private Mono<Void> tables() {
    Flux<Long> ticks = Flux.interval(RENEWAL_INTERVAL).onBackpressureDrop();
    return Flux.merge(wakeUps, ended.asFlux(), ticks)
        .takeUntilOther(stop)
        .onBackpressureLatest()
        .concatMap(signal -> pending(), 1)
        .concatMapIterable(this::begin, 1)
        .flatMap(this::run, ALL_TARGETS, 1)
        .then();
  }

  private Mono<List<CommandLog.Pending>> pending() {
    return log.pending()
        .retryWhen(
            Backoff.OUTAGE
                .retries()
                .doBeforeRetry(
                    retry ->
                        LOG.atLevel(level(retry))
                            .log(
                                "The commands cannot be read: {}. It is tried again until it works",
                                retry.failure().getMessage())))
        .takeUntilOther(stop);
  }

  /** An outage is told once. */
  static Level level(Retry.RetrySignal retry) {
    return retry.totalRetries() == 0 ? Level.WARN : Level.DEBUG;
  }

  /** Those to run: of targets that have something to do and are not being run yet. */
  private List<TableCommands> begin(List<CommandLog.Pending> all) {
    List<TableCommands> starting = new ArrayList<>();
    for (CommandLog.Pending pending : all) {
      TargetTable target = pending.command().target();
      TableCommands table = running.get(target);
      if (table != null) {
        table.heed(pending);
      } else if (pending.free() && mine.test(target)) {
        table = new TableCommands(target, log, operations, stop, listener);
        running.put(target, table);
        starting.add(table);
      }
    }
    return starting;
  }

  private Mono<Void> run(TableCommands table) {
    return Mono.defer(table::run)
        .doFinally(
            signal -> {
              running.remove(table.target(), table);
              ended.emitNext(table.target(), Sinks.EmitFailureHandler.busyLooping(EMIT_PATIENCE));
            });
  }

  private Mono<Void> renewals() {
    return Flux.interval(RENEWAL_INTERVAL)
        .onBackpressureDrop()
        .takeUntilOther(stop)
        .concatMap(tick -> renewal(), 1)
        .then();
  }

  private Mono<Void> renewal() {
    List<Long> ids =
        running.values().stream().map(TableCommands::currentId).filter(Objects::nonNull).toList();
    return ids.isEmpty() ? Mono.empty() : log.renew(ids).onErrorComplete();
  }

  private Mono<Void> prunings() {
    return Flux.interval(FIRST_PRUNING, PRUNING_INTERVAL)
        .onBackpressureDrop()
        .takeUntilOther(stop)
        .concatMap(tick -> pruning(), 1)
        .then();
  }

  private Mono<Void> pruning() {
    return log.prune()
        .doOnError(e -> LOG.info("Old commands cannot be removed: {}", e.getMessage()))
        .onErrorComplete()
        .then();
  }
}
