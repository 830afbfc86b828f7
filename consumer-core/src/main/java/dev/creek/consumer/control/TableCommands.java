package dev.creek.consumer.control;

import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.CommandRecord.CommandOutcome;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.retry.Backoff;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** One target's commands, one at a time, in order, until there are none. Run it once. */
final class TableCommands {
  private static final Logger LOG = LoggerFactory.getLogger(TableCommands.class);

  /** Half a minute: then the lease has ended, and the command is begun again. */
  private static final int ENDING_RETRIES = 10;

  /** Until somebody's transaction that asked for the same again has ended. */
  private static final Duration HELD_BACK = Duration.ofMillis(250);

  private final TargetTable target;
  private final CommandLog log;
  private final Operations operations;
  private final Mono<Void> stop;
  private final Commands.Listener listener;
  private final AtomicReference<@Nullable Execution> current = new AtomicReference<>();

  TableCommands(
      TargetTable target,
      CommandLog log,
      Operations operations,
      Mono<Void> stop,
      Commands.Listener listener) {
    this.target = target;
    this.log = log;
    this.operations = operations;
    this.stop = stop;
    this.listener = listener;
  }

  TargetTable target() {
    return target;
  }

  /** Id of the command that is being carried out; null between two. */
  @Nullable Long currentId() {
    Execution execution = current.get();
    return execution == null ? null : execution.id();
  }

  /** What the log says by now of the command that is to be carried out first. */
  void heed(CommandLog.Pending pending) {
    Execution execution = current.get();
    if (execution != null && execution.id() == pending.id()) {
      execution.heed(pending);
    }
  }

  /** Completes when nothing is left to do, when others hold what is, or when stopped. */
  Mono<Void> run() {
    return Mono.defer(this::carryOutNext).repeat().takeUntil(more -> !more).then();
  }

  private Mono<Boolean> carryOutNext() {
    return persistently(log.next(target))
        .filter(CommandLog.Pending::free)
        .flatMap(this::take)
        .defaultIfEmpty(false);
  }

  private Mono<Boolean> take(CommandLog.Pending next) {
    return persistently(log.take(next.id()))
        .flatMap(attempt -> carryOut(next, attempt))
        .switchIfEmpty(Mono.delay(HELD_BACK).thenReturn(false));
  }

  private <T> Mono<T> persistently(Mono<T> work) {
    return work.retryWhen(
            Backoff.OUTAGE
                .retries()
                .doBeforeRetry(
                    retry ->
                        LOG.atLevel(Commands.level(retry))
                            .addKeyValue("table", target)
                            .log(
                                "Commands for {} cannot be read: {}. It is tried again until it works",
                                target,
                                retry.failure().getMessage())))
        .takeUntilOther(stop);
  }

  /** True if the next one may follow. */
  private Mono<Boolean> carryOut(CommandLog.Pending next, int attempt) {
    LOG.debug("command {}, {}: begun", next.id(), CommandText.format(next.command()));
    return Mono.usingWhen(
        Mono.fromSupplier(() -> begin(next)),
        execution -> execution.run(attempt, stop).flatMap(outcome -> store(execution, outcome)),
        execution -> end(Mono.empty()),
        (execution, error) -> end(Mono.empty()),
        execution -> end(log.release(execution.id())));
  }

  private Execution begin(CommandLog.Pending next) {
    var execution = new Execution(next, log, operations);
    current.set(execution);
    return execution;
  }

  private Mono<Void> end(Mono<Void> last) {
    return last.onErrorComplete().doFinally(signal -> current.set(null));
  }

  private Mono<Boolean> store(Execution execution, Outcome outcome) {
    return stored(execution, outcome)
        .retryWhen(Backoff.OUTAGE.retries(ENDING_RETRIES))
        .doOnError(
            e ->
                LOG.warn(
                    "command {} will be carried out again, because it cannot be stored how it"
                        + " ended: {}",
                    execution.id(),
                    e.getMessage()))
        .onErrorComplete()
        .thenReturn(!(outcome instanceof Outcome.Interrupted));
  }

  private Mono<Void> stored(Execution execution, Outcome outcome) {
    long id = execution.id();
    if (outcome instanceof Outcome.Done done) {
      LOG.atInfo()
          .addKeyValue("table", target)
          .log("command {}, {}: ok, {}", id, execution, done.detail());
      listener.ended(execution.command(), CommandOutcome.OK);
      return log.finish(id, CommandRecord.OK, done.detail(), execution.progress());
    }
    if (outcome instanceof Outcome.Failed failed) {
      LOG.atError()
          .addKeyValue("table", target)
          .log("command {}, {}: {}", id, execution, failed.error());
      listener.ended(execution.command(), CommandOutcome.FAILED);
      return log.finish(id, failed.error(), null, execution.progress());
    }
    if (outcome instanceof Outcome.Cancelled cancelled) {
      LOG.atInfo()
          .addKeyValue("table", target)
          .log("command {}, {}: cancelled {}", id, execution, cancelled.detail());
      listener.ended(execution.command(), CommandOutcome.CANCELLED);
      return log.finish(id, CommandRecord.CANCELLED, cancelled.detail(), execution.progress());
    }
    return log.release(id);
  }
}
