package dev.creek.consumer.control;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.Command.Verb;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.retry.Backoff;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** One run of one command. */
final class Execution {
  private static final Backoff BACKOFF = Backoff.of(Duration.ofMillis(500), Duration.ofSeconds(10));
  private static final Duration PROGRESS_INTERVAL = Duration.ofSeconds(1);

  /** A command that the service does not survive must not block the others forever. */
  private static final int MAX_ATTEMPTS = 5;

  /** A snapshot that ends because of a stop may do so before the stop arrives here. */
  private static final Duration ENDING = Duration.ofSeconds(5);

  private static final String ENDED_EARLY =
      "it ended without a result. Hint: repeat the command, and look at the service's log";

  /** Commands that may take long, and are useless once the table is to be removed. */
  private static final Set<Verb> GIVEN_UP_FOR_REMOVAL =
      EnumSet.of(Verb.SNAPSHOT, Verb.APPLY_SNAPSHOT, Verb.RESYNC, Verb.FILL);

  /** A snapshot that is given up first removes what it has loaded. */
  private static final Duration CLEARING = Duration.ofSeconds(20);

  /** A short command is left to end by itself: then its outcome is certain. */
  private static final Duration MOMENT = Duration.ofSeconds(1);

  private final long id;
  private final Command command;
  private final CommandLog log;
  private final Operations operations;
  private final AtomicReference<@Nullable Supplier<Outcome>> ending = new AtomicReference<>();
  private final Sinks.Empty<Void> unwanted = Sinks.empty();
  private final AtomicReference<@Nullable SnapshotProgress> progress = new AtomicReference<>();
  private final CommandWork work;
  private final Attempts attempts;
  private volatile boolean working;

  Execution(CommandLog.Pending pending, CommandLog log, Operations operations) {
    this.id = pending.id();
    this.command = pending.command();
    this.log = log;
    this.operations = operations;
    this.work = new CommandWork(command, operations, unwanted.asMono(), progress::set);
    this.attempts = new Attempts(operations.producerWait());
    heed(pending);
  }

  long id() {
    return id;
  }

  Command command() {
    return command;
  }

  /** The command. */
  @Override
  public String toString() {
    return CommandText.format(command);
  }

  /** Its progress; null before a snapshot has begun, or if it is none. */
  @Nullable SnapshotProgress progress() {
    return progress.get();
  }

  /**
   * Gives the command up if it is cancelled or, if it takes long, if the table is to be removed.
   */
  void heed(CommandLog.Pending pending) {
    String by = pending.cancelledBy();
    long removal = pending.removal();
    if (by != null) {
      giveUp(() -> cancelled(by));
    } else if (removal != 0 && GIVEN_UP_FOR_REMOVAL.contains(command.verb())) {
      giveUp(() -> givenUp(removal));
    }
  }

  private void giveUp(Supplier<Outcome> how) {
    if (ending.compareAndSet(null, how)) {
      unwanted.tryEmitEmpty();
    }
  }

  /** The outcome when it is given up; empty if it is not. */
  private Mono<Outcome> ending() {
    return Mono.justOrEmpty(ending.get()).map(Supplier::get);
  }

  /**
   * Carries it out; never errors.
   *
   * @param attempt how often it was begun by now
   * @param stop the service stops
   */
  Mono<Outcome> run(int attempt, Mono<Void> stop) {
    if (attempt > MAX_ATTEMPTS) {
      return Mono.just(
          new Outcome.Failed(
              "given up: it was begun "
                  + MAX_ATTEMPTS
                  + " times, and each time the service ended before the command did. Hint: the service's log "
                  + "shows why"));
    }
    return ending()
        .switchIfEmpty(
            Mono.defer(
                () ->
                    Mono.firstWithSignal(
                        stop.then(Mono.just(Outcome.INTERRUPTED)),
                        work(),
                        abandoned(),
                        showProgress())));
  }

  /** The outcome if it is given up and does not end by itself. */
  private Mono<Outcome> abandoned() {
    return unwanted
        .asMono()
        .then(Mono.defer(() -> working ? Mono.delay(clearing()) : Mono.empty()))
        .then(Mono.defer(() -> mayBeCommitting() ? Mono.never() : ending()));
  }

  /** Then only the work itself knows its outcome. */
  private boolean mayBeCommitting() {
    SnapshotProgress last = progress.get();
    return working && last != null && last.step() == SnapshotProgress.Step.FINISHING;
  }

  private Duration clearing() {
    return GIVEN_UP_FOR_REMOVAL.contains(command.verb()) ? CLEARING : MOMENT;
  }

  private Outcome cancelled(String by) {
    SnapshotProgress last = progress.get();
    if (last == null) {
      return new Outcome.Cancelled("by " + by);
    }
    if (last.step() == SnapshotProgress.Step.DONE) {
      return new Outcome.Cancelled("by " + by + ", when the snapshot had been applied");
    }
    boolean stays = last.mode() == SnapshotMode.UPSERT && last.rowsDone() > 0;
    return new Outcome.Cancelled(
        stays
            ? "by " + by + "; the rows of the snapshot that were written stay"
            : "by " + by + "; the table is as it was");
  }

  private static Outcome givenUp(long removalId) {
    return new Outcome.Failed("given up: remove_table was requested, command " + removalId);
  }

  private Mono<Outcome> work() {
    return Mono.defer(work::carryOut)
        .doOnSubscribe(begins -> begin())
        .doFinally(ends -> working = false)
        .retryWhen(
            BACKOFF
                .retries()
                .filter(this::mayPass)
                .doBeforeRetryAsync(signal -> showReason(signal.failure())))
        .switchIfEmpty(Mono.defer(this::ending))
        .switchIfEmpty(Mono.delay(ENDING).thenReturn(new Outcome.Failed(ENDED_EARLY)))
        .onErrorResume(
            error ->
                (isOfTheEnd(error) ? Mono.<Outcome>empty() : ending())
                    .defaultIfEmpty(new Outcome.Failed(failure(error).text())));
  }

  /**
   * A failed commit may have happened: then it must not be reported that the table is unchanged.
   */
  private boolean isOfTheEnd(Throwable error) {
    SnapshotProgress last = progress.get();
    return last != null
        && last.step() == SnapshotProgress.Step.FINISHING
        && !(error instanceof CancellationException);
  }

  private void begin() {
    working = true;
    attempts.begin();
  }

  private boolean mayPass(Throwable error) {
    Operations.Prospect prospect = failure(error).prospect();
    return ending.get() == null && attempts.isRepeated(prospect);
  }

  private Operations.Failure failure(Throwable error) {
    return operations.failure(error, command.target());
  }

  private Mono<Void> showReason(Throwable error) {
    Operations.Failure failure = failure(error);
    String howLong =
        failure.prospect() == Operations.Prospect.AWAITED
            ? "the request is repeated for %d s at most (--producer-wait): "
                .formatted(operations.producerWait().toSeconds())
            : "";
    return log.note(id, "waiting: " + howLong + failure.text()).onErrorComplete();
  }

  /** Never ends by itself. */
  private Mono<Outcome> showProgress() {
    return Flux.interval(PROGRESS_INTERVAL)
        .onBackpressureDrop()
        .concatMap(tick -> Mono.justOrEmpty(progress.get()).flatMap(this::store), 1)
        .then(Mono.never());
  }

  private Mono<Void> store(SnapshotProgress latest) {
    return log.progress(id, latest).onErrorComplete();
  }
}
