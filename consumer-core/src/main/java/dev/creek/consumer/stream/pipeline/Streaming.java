package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.Membership;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TableState.StoppedAt;
import dev.creek.consumer.retry.Backoff;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.FailurePolicy;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.stream.TableWriter;
import dev.creek.consumer.stream.Verdict;
import dev.creek.consumer.stream.batch.ChangeDecoder;
import dev.creek.consumer.stream.group.Group;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;

/**
 * Applies changes: the straight path from the pull to the commit.
 *
 * @param recovering the failure that is shown until the first commit proves that it is over; null
 *     if there was none
 * @param backoff for the next outage; starts again after a commit
 * @param proof the event to wait for before the table is shown as streaming, if it was not stuck
 */
record Streaming(
    TablePipeline line, Claim claim, @Nullable Stopped recovering, Backoff backoff, Proof proof)
    implements Phase {
  /**
   * Classes of errors after which a statement may have been committed nevertheless: connections
   * that broke, and servers that stopped.
   */
  private static final Set<String> AMBIGUOUS = Set.of("08", "57", "58");

  /**
   * Number of attempts for a violated constraint whose missing row may still come: about half a
   * minute.
   */
  private static final int PATIENCE = 10;

  /** Order matters, and one batch being prepared while another is written keeps both sides busy. */
  private static final int ONE_AHEAD = 1;

  /** Nothing ahead: the batch is cut as late as possible, so it is as large as possible. */
  private static final int ON_DEMAND = 0;

  /** Half a minute's work, change by change; in longer transactions the message stays unknown. */
  private static final long SEARCHED_MESSAGES = 50_000;

  @Override
  public Mono<Phase> run() {
    StreamingAttempt attempt = new StreamingAttempt();
    return line.changes()
        .state(line.mapping().source())
        .delayUntil(log -> line.targets().requireVisible(claim))
        .takeUntilOther(line.interruption())
        .delayUntil(
            log -> isProven() ? line.report().enter(claim, TableState.STREAMING) : Mono.empty())
        .flatMap(log -> applyFrom(log, attempt))
        .thenReturn(true)
        .<Phase>flatMap(ended -> line.next(attempt.hasProgressed() ? null : recovering))
        .switchIfEmpty(Mono.defer(() -> line.next(recovering)))
        .onErrorResume(error -> Mono.just(after(error, attempt)));
  }

  /** Tells whether reading is enough to show it as streaming. */
  private boolean isProven() {
    return recovering == null && proof == Proof.READING;
  }

  private Mono<Void> applyFrom(LogState log, StreamingAttempt attempt) {
    return line.start(claim, log)
        .takeUntilOther(line.interruption())
        .flatMap(from -> applyUntilEnd(from, log, attempt));
  }

  private Mono<Void> applyUntilEnd(ResumePoint from, LogState log, StreamingAttempt attempt) {
    OutageListener outage = new OutageListener(line, claim);
    UnpublishedTable unpublished = new UnpublishedTable(line, claim);
    Mono<Void> applying =
        apply(from, log, outage, attempt)
            .delayUntil(unpublished::committed)
            .doFinally(end -> line.report().unapplied().stopped())
            .then();
    // The earlier failure says more than an outage does, as long as it is not over.
    return isProven()
        ? Mono.firstWithSignal(applying, outage.show(), unpublished.show())
        : Mono.firstWithSignal(applying, attempt.proven().then(outage.show()));
  }

  private Flux<Applied> apply(
      ResumePoint from, LogState log, OutageListener outage, StreamingAttempt attempt) {
    Group group = isToSearch() ? null : line.place().from(from.claim(), log, from.start());
    attempt.isIn(group);
    return group == null
        ? alone(from, log, outage, new FinalPosition(), attempt)
            .doOnNext(applied -> notePassed(applied, from.claim(), log))
            .takeUntil(applied -> canJoin(applied, from.claim(), log))
        : together(group, from, log, outage, attempt);
  }

  /** With the other tables of its group, until it leaves that. */
  private Flux<Applied> together(
      Group group,
      ResumePoint from,
      LogState log,
      OutageListener outage,
      StreamingAttempt attempt) {
    return Flux.usingWhen(
        Mono.fromSupplier(() -> line.writer(from.claim())),
        writer ->
            group
                .follow(
                    new PipelineMember(line, from, log, writer, outage, attempt),
                    line.interruption())
                .delayUntil(applied -> committed(applied, attempt))
                .doFinally(left -> line.report().is(Membership.APART)),
        TableWriter::close);
  }

  private void notePassed(Applied applied, Claim by, LogState log) {
    if (applied.position().sequence() >= log.lastSequence()) {
      line.place().hasPassedSnapshot(by);
    }
  }

  /** Tells whether the table's group would have it from here on. */
  private boolean canJoin(Applied applied, Claim by, LogState log) {
    StartAt next = new StartAt.Sequence(applied.position().sequence() + 1);
    return !isSearching() && line.place().from(by, log, next) != null;
  }

  /** By a reader of its own. */
  private Flux<Applied> alone(
      ResumePoint from,
      LogState log,
      OutageListener outage,
      FinalPosition frontier,
      StreamingAttempt attempt) {
    StartAt start = from.start();
    ChangeDecoder decoder = line.newDecoder(start, claim.skips().of(log.stream()));
    attempt.reads(log.stream(), decoder);
    LagTracker unapplied = line.report().unapplied();
    return Flux.usingWhen(
        Mono.fromSupplier(() -> line.writer(from.claim())),
        writer ->
            line.changes()
                .read(
                    line.mapping().source(),
                    start,
                    log.stream(),
                    unapplied.and(outage).and(frontier))
                .doOnSubscribe(begins -> unapplied.starts())
                .doOnNext(unapplied::delivered)
                .concatMap(decoder::decode, ONE_AHEAD)
                .doOnNext(unapplied::decoded)
                .transform(chunks -> line.batches(chunks, log, from.claim(), limits()))
                .takeUntilOther(line.interruption().then(line.whereStopped(asked(frontier))))
                .materialize()
                .concatMap(signal -> work(writer, signal, attempt), ON_DEMAND)
                .concatMap(work -> work, ONE_AHEAD)
                .delayUntil(applied -> committed(applied, attempt))
                .concatWith(last(writer, frontier, log).delayUntil(a -> committed(a, attempt)))
                .takeUntil(this::endsSearch),
        TableWriter::close);
  }

  /** Moves the answer off the connection's thread, which all tables share. */
  private Mono<Void> asked(FinalPosition frontier) {
    return frontier.ask().publishOn(line.scheduler());
  }

  /** If nothing of a stopped table is on its way, its position is the end of its stream. */
  private Mono<Applied> last(TableWriter writer, FinalPosition frontier, LogState log) {
    return Mono.fromSupplier(() -> frontier.last(line.report().reached(), log.stream()))
        .flatMap(writer::prepare)
        .flatMap(writer::apply);
  }

  /** One change at a time, if the failing one has to be found. */
  private BatchLimits limits() {
    BatchLimits usual = line.options().limits();
    return isSearching() ? new BatchLimits(1, usual.bytes()) : usual;
  }

  /**
   * Tells whether this run was begun to find the change that failed, whether or not that is
   * possible.
   */
  private boolean isToSearch() {
    return recovering != null && recovering.searchUntil() > 0;
  }

  private boolean isSearching() {
    return recovering != null
        && recovering.searchUntil() - claim.position().sequence() > 0
        && recovering.searchUntil() - claim.position().sequence() <= SEARCHED_MESSAGES;
  }

  /** The change that failed before did not fail: from here on batches are large again. */
  private boolean endsSearch(Applied applied) {
    return isSearching()
        && recovering != null
        && applied.position().sequence() >= recovering.searchUntil();
  }

  /**
   * The work for a signal. An error becomes work that fails when its turn comes: emitted as an
   * error, it would overtake the batch that is being written and cancel it, again after every
   * restart.
   */
  private Mono<Mono<Applied>> work(
      TableWriter writer, Signal<Batch> signal, StreamingAttempt attempt) {
    Throwable error = signal.getThrowable();
    Batch batch = signal.get();
    if (batch == null) {
      return Mono.just(error == null ? Mono.empty() : Mono.error(error));
    }
    return writer
        .prepare(batch)
        // Otherwise it would run on the thread that requests, the database's, which would wait.
        .subscribeOn(line.scheduler())
        .map(prepared -> write(writer, prepared))
        .onErrorResume(unprepared -> Mono.just(Mono.error(unprepared)))
        .map(work -> work.doOnError(e -> attempt.failedIn(batch)));
  }

  private Mono<Applied> write(TableWriter writer, TableWriter.Prepared prepared) {
    return Mono.defer(
        () -> {
          long began = System.nanoTime();
          return writer
              .apply(prepared)
              .doOnSuccess(
                  applied ->
                      line.report()
                          .batch(prepared.batch(), Duration.ofNanos(System.nanoTime() - began)));
        });
  }

  private Mono<Void> committed(Applied applied, StreamingAttempt attempt) {
    line.report().commit(applied);
    boolean first = attempt.progresses();
    return first && !isProven() && !isSearching()
        ? line.report().enter(claim, TableState.STREAMING).doOnSuccess(shown -> attempt.proves())
        : Mono.empty();
  }

  private Phase after(Throwable error, StreamingAttempt attempt) {
    boolean progressed = attempt.hasProgressed();
    if (attempt.isAlone() && FailurePolicy.mayDependOnOtherTables(error)) {
      line.place().mayJoin();
    }
    Verdict verdict = FailurePolicy.classify(error, line.mapping());
    line.report().failure(verdict, error);
    Stopped still = progressed ? null : recovering;
    if (verdict instanceof Verdict.LetGo letGo) {
      return Yielding.first(line, letGo.reason());
    }
    Backoff pause = progressed ? Backoff.OUTAGE : backoff;
    Proof next = proofAfter(verdict, attempt);
    if (verdict instanceof Verdict.Await await
        && still == null
        && !isToSearch()
        && pause.attempt() < PATIENCE) {
      return new Waiting(line, claim, await.reason(), null, pause, next);
    }
    if (verdict instanceof Verdict.Retry retry) {
      return still != null && !isToSearch()
          ? new Stopped(line, claim, still.state(), pause, still.searchUntil())
          : new Waiting(line, claim, retry.reason(), retry.hint(), pause, next);
    }
    return stuck(verdict, attempt, pauseBehind(still));
  }

  /** A search belongs to the attempt for which it is made. */
  private Backoff pauseBehind(@Nullable Stopped still) {
    if (recovering != null && isToSearch()) {
      return recovering.backoff();
    }
    return still == null ? Backoff.STUCK : still.backoff().next();
  }

  /** A refused change comes again; one that may have been committed does not. */
  private Proof proofAfter(Verdict verdict, StreamingAttempt attempt) {
    boolean refused =
        attempt.lastFailing() > 0
            && !(verdict instanceof Verdict.Retry retry && AMBIGUOUS.contains(retry.category()));
    if (refused) {
      return Proof.COMMIT;
    }
    return attempt.hasProgressed() ? Proof.READING : proof;
  }

  /**
   * Names the message if it was alone, or could not be read. Otherwise it is searched for at once,
   * so that one failure is reported once, with the change that causes it: the change of an earlier
   * attempt may have been fixed since, and another one may fail.
   */
  private Phase stuck(Verdict verdict, StreamingAttempt attempt, Backoff pause) {
    TableState state = verdict.stopped(line.mapping());
    if (state.name() == TableState.Name.GAP) {
      return new Stopped(line, claim, state, pause, 0);
    }
    StoppedAt stoppedAt = attempt.stoppedAt();
    if (stoppedAt == null && attempt.lastFailing() > 0 && !isToSearch()) {
      return new Searching(new Stopped(line, claim, state, pause, attempt.lastFailing()));
    }
    TableState known = stoppedAt == null ? state : state.at(stoppedAt);
    return new Stopped(line, claim, known.tried(pause.attempt() + 1), pause, 0);
  }
}
