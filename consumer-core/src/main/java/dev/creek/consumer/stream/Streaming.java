package dev.creek.consumer.stream;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;

/**
 * Applying changes: the straight line from the pull to the commit.
 *
 * @param recovering what it was stuck in, shown until the first commit proves that it is over; null
 *     if it was not
 * @param backoff for the next outage; starts again after a commit
 */
record Streaming(TableLine line, Claim claim, @Nullable Stuck recovering, Backoff backoff)
    implements Phase {
  /** How often what a constraint misses is waited for: about half a minute. */
  private static final int PATIENCE = 10;

  /** Order matters, and one batch being prepared while another is written keeps both sides busy. */
  private static final int ONE_AHEAD = 1;

  /** Nothing ahead: the batch is cut as late as possible, so it is as large as it can be. */
  private static final int ON_DEMAND = 0;

  @Override
  public Mono<Phase> run() {
    AtomicBoolean progressed = new AtomicBoolean();
    return line.changes()
        .state(line.mapping().source())
        .takeUntilOther(line.interruption())
        .delayUntil(
            log -> recovering == null ? line.enter(claim, TableState.STREAMING) : Mono.empty())
        .flatMap(log -> applyUntilEnd(log, progressed))
        .thenReturn(true)
        .<Phase>flatMap(ended -> line.next(progressed.get() ? null : recovering))
        .switchIfEmpty(Mono.defer(() -> line.next(recovering)))
        .onErrorResume(error -> Mono.just(after(error, progressed.get())));
  }

  private Mono<Void> applyUntilEnd(LogState log, AtomicBoolean progressed) {
    Outage outage = new Outage(line, claim);
    Mono<Void> applying =
        apply(log, outage, progressed).doFinally(end -> line.unapplied().stopped()).then();
    // What it was stuck in says more than an outage does.
    return recovering == null ? Mono.firstWithSignal(applying, outage.show()) : applying;
  }

  private Flux<Applied> apply(LogState log, Outage outage, AtomicBoolean progressed) {
    StartAt start = Resume.from(claim, log, line.options().overlap());
    ChangeDecoder decoder = line.newDecoder(start);
    Unapplied unapplied = line.unapplied();
    return Flux.usingWhen(
        Mono.fromSupplier(() -> line.targets().writer(claim)),
        writer ->
            line.changes()
                .read(line.mapping().source(), start, log.stream(), unapplied.and(outage))
                .doOnSubscribe(begins -> unapplied.starts())
                .doOnNext(unapplied::delivered)
                .concatMap(decoder::decode, ONE_AHEAD)
                .doOnNext(unapplied::decoded)
                .transform(chunks -> line.batches(chunks, log, claim))
                .takeUntilOther(line.interruption())
                .materialize()
                .concatMap(signal -> work(writer, signal), ON_DEMAND)
                .concatMap(work -> work, ONE_AHEAD)
                .delayUntil(applied -> committed(applied, progressed)),
        TableWriter::close);
  }

  /**
   * The work that a signal makes. An error takes its turn as work that fails: sent on as an error
   * it would overtake the batch that is being written and cancel it, again after every restart.
   */
  private Mono<Mono<Applied>> work(TableWriter writer, Signal<Batch> signal) {
    Throwable error = signal.getThrowable();
    Batch batch = signal.get();
    if (batch == null) {
      return Mono.just(error == null ? Mono.empty() : Mono.error(error));
    }
    return writer
        .prepare(batch)
        .map(prepared -> write(writer, prepared))
        .onErrorResume(unprepared -> Mono.just(Mono.error(unprepared)));
  }

  private Mono<Applied> write(TableWriter writer, TableWriter.Prepared prepared) {
    return Mono.defer(
        () -> {
          long began = System.nanoTime();
          return writer
              .apply(prepared)
              .doOnSuccess(
                  applied ->
                      line.recordBatch(
                          prepared.batch(), Duration.ofNanos(System.nanoTime() - began)));
        });
  }

  private Mono<Void> committed(Applied applied, AtomicBoolean progressed) {
    line.recordCommit(applied);
    boolean first = progressed.compareAndSet(false, true);
    return first && recovering != null ? line.enter(claim, TableState.STREAMING) : Mono.empty();
  }

  private Phase after(Throwable error, boolean progressed) {
    Verdict verdict = FailurePolicy.classify(error, line.mapping());
    line.recordFailure(verdict, error);
    Stuck still = progressed ? null : recovering;
    if (verdict instanceof Verdict.LetGo letGo) {
      return Yielding.first(line, letGo.reason());
    }
    Backoff pause = progressed ? Backoff.OUTAGE : backoff;
    if (verdict instanceof Verdict.Await await && still == null && pause.attempt() < PATIENCE) {
      return new Waiting(line, claim, await.reason(), pause);
    }
    if (verdict instanceof Verdict.Retry retry) {
      return still != null
          ? new Stuck(line, claim, still.state(), pause)
          : new Waiting(line, claim, retry.reason(), pause);
    }
    return new Stuck(
        line,
        claim,
        TableLine.stuckState(verdict, line.mapping()),
        still != null ? still.backoff().next() : Backoff.STUCK);
  }
}
