package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.retry.Backoff;
import dev.creek.consumer.stream.Batch;
import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.stream.ChangeLog;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.FailurePolicy;
import dev.creek.consumer.stream.HeldException;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.PipelineOptions;
import dev.creek.consumer.stream.PipelinePorts;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.stream.TableWriter;
import dev.creek.consumer.stream.TargetTables;
import dev.creek.consumer.stream.Verdict;
import dev.creek.consumer.stream.batch.ChangeDecoder;
import dev.creek.consumer.stream.batch.DecodedChunk;
import dev.creek.consumer.stream.batch.Linger;
import dev.creek.consumer.stream.batch.OverlapWindow;
import dev.creek.consumer.stream.batch.TransactionBatcher;
import dev.creek.consumer.stream.group.Groups;
import dev.creek.consumer.stream.snapshot.SnapshotLoad;
import dev.creek.consumer.stream.snapshot.SnapshotTask;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * One subscribed table: runs its phases, one after the other, until it is stopped or no longer
 * active. Run it once.
 */
final class TablePipeline {
  private static final Logger log = LoggerFactory.getLogger(TablePipeline.class);

  /** Releasing is optional: others also take the table when this instance has left. */
  private static final Duration LET_GO_LIMIT = Duration.ofSeconds(2);

  /** Longer than a claim waits for a connection of the pool. */
  private static final Duration CLAIM_LIMIT = Duration.ofSeconds(60);

  private final Mapping mapping;
  private final PipelinePorts around;
  private final boolean visiting;
  private final Sinks.Empty<Void> stop = Sinks.empty();
  private final Sinks.Many<Boolean> setBacks = Sinks.many().multicast().directBestEffort();

  private final Pauses pauses;
  private final GapPassage gaps;
  private final GroupPlace place;
  private final SnapshotQueue snapshotQueue = new SnapshotQueue();
  private final PipelineReport report;
  private volatile @Nullable Claim held;
  private volatile boolean loading;

  /** The pipeline of a subscription. */
  TablePipeline(Subscription subscription, PipelinePorts around, Groups groups) {
    this(
        subscription.mapping(),
        around,
        groups,
        subscription.group(around.options().grouping()).orElse(null),
        false);
  }

  private TablePipeline(
      Mapping mapping,
      PipelinePorts around,
      Groups groups,
      @Nullable TableGroup tableGroup,
      boolean visiting) {
    this.mapping = mapping;
    this.around = around;
    this.visiting = visiting;
    this.report = new PipelineReport(mapping, around, tableGroup);
    this.pauses = new Pauses(around.scheduler());
    this.gaps = new GapPassage(around.targets());
    this.place = new GroupPlace(mapping.source(), groups, tableGroup);
  }

  /**
   * A pipeline that ends when it has carried out its orders: for a table without another pipeline.
   */
  static TablePipeline visiting(SnapshotTask task, PipelinePorts around, Groups groups) {
    TablePipeline line = new TablePipeline(task.order().mapping(), around, groups, null, true);
    line.offer(task);
    return line;
  }

  boolean isVisiting() {
    return visiting;
  }

  /** Gives it an order, to be taken up at the next boundary; false if the pipeline has ended. */
  boolean offer(SnapshotTask task) {
    return snapshotQueue.offer(task);
  }

  /** Accepts no more orders; returns those that were not carried out. */
  List<SnapshotTask> left() {
    return snapshotQueue.close();
  }

  Mapping mapping() {
    return mapping;
  }

  /** Tells whether this is the group of tables that it was made for. */
  boolean isOf(Optional<TableGroup> group) {
    return place.isIn(group);
  }

  /** Its reports. */
  PipelineReport report() {
    return report;
  }

  /** Completes when the pipeline has ended; never errors. */
  Mono<Void> run() {
    report.begins();
    place.expect(pauses::end);
    return nextOr(null, () -> Mono.just(Waiting.first(this)))
        .expand(Phase::run)
        .then(Mono.defer(this::letGo));
  }

  private Mono<Void> letGo() {
    Claim last = held;
    held = null;
    return last == null
        ? Mono.empty()
        : around
            .targets()
            .release(last)
            .timeout(LET_GO_LIMIT)
            .doOnError(e -> log.debug("{} could not be released: {}", mapping, e.getMessage()))
            .onErrorComplete()
            .then();
  }

  /**
   * Ends the pipeline between transactions: a running write is committed, the rest is read again
   * next time.
   */
  void stop() {
    stop.tryEmitEmpty();
  }

  Mono<Void> stopping() {
    return Mono.firstWithSignal(stop.asMono(), around.stopAll());
  }

  /** The work, if the pipeline has been stopped; otherwise nothing. */
  Mono<Void> whereStopped(Mono<Void> work) {
    return isStopped().filter(stopped -> stopped).flatMap(stopped -> work);
  }

  private Mono<Boolean> isStopped() {
    return Mono.firstWithSignal(stopping().thenReturn(true), Mono.just(false));
  }

  /** Completes when the pipeline is to end, to check its position again, or has an order. */
  Mono<Void> interruption() {
    return Mono.firstWithSignal(
        stopping(), snapshotQueue.arrived(), setBacks.asFlux().next().then());
  }

  /**
   * The state of a pipeline at one moment.
   *
   * @param claim its claim; null before the first one
   * @param reached its position, as far as it knows
   * @param shown the state that it entered last
   */
  record Standing(@Nullable Claim claim, Position reached, @Nullable TableState shown) {}

  Standing standing() {
    return new Standing(held, report.reached(), report.shown());
  }

  /**
   * Tells whether users see another state than the pipeline's, because that could not be stored.
   *
   * @param before the pipeline's state before {@code stored} was read
   */
  boolean isShownWrongly(Standing before, Subscription stored) {
    Claim claim = before.claim();
    TableState entered = before.shown();
    return claim != null
        && claim.equals(held)
        && claim.epoch() == stored.epoch()
        && entered != null
        && entered.equals(report.shown())
        && entered.name() != stored.state().name();
  }

  /** Stores its state again. */
  Mono<Void> showAgain() {
    Claim claim = held;
    return claim == null ? Mono.empty() : report.showAgain(claim);
  }

  /**
   * Makes the pipeline claim its table again in three cases. First, if the target's stored position
   * is older: after a crash that took back the last commits, or on a standby that had not received
   * them. Second, if its claim is over, which a table without changes would not notice: the table
   * was removed and added again between two checks, or another instance took it. Third, if the
   * table has another policy for changes of its schema, which may let it go on. The call has no
   * effect while the pipeline is between two phases, as it is while it claims; the next check
   * repeats it.
   *
   * @param before the pipeline's state before {@code stored} was read
   */
  void compare(Standing before, Subscription stored) {
    Claim claim = before.claim();
    if (claim == null || !claim.equals(held)) {
      // A snapshot, which may move the position back, or a claim that has read it since.
      return;
    }
    if (claim.epoch() != stored.epoch()) {
      log.debug("{}: its claim is over, claiming it again", mapping);
      setBacks.tryEmitNext(true);
    } else if (claim.schemaChanges() != stored.schemaChanges()) {
      log.info("{}: its policy for changes of the schema is another one", mapping);
      setBacks.tryEmitNext(true);
    }
    if (stored.epoch() <= claim.epoch()) {
      compare(before.reached(), stored.position());
    }
  }

  private void compare(Position reached, Position stored) {
    StreamIdentity stream = reached.stream();
    if (stream != null
        && stream.equals(stored.stream())
        && stored.sequence() < reached.sequence()) {
      report
          .about(log.atWarn())
          .log(
              "{}: the target is back at stream sequence {}, from {}: lost changes are applied again",
              mapping,
              stored.sequence(),
              reached.sequence());
      setBacks.tryEmitNext(true);
    }
  }

  /** The next phase: the end, an order, or streaming. */
  Mono<Phase> next(@Nullable Stopped recovering) {
    return nextOr(recovering, () -> claimThenStream(recovering, Backoff.OUTAGE, Proof.READING));
  }

  /** The next phase: the end, an order, or {@code otherwise}. */
  Mono<Phase> nextOr(@Nullable Stopped recovering, Supplier<Mono<Phase>> otherwise) {
    return isStopped()
        .flatMap(
            stopped -> {
              SnapshotTask task = stopped ? null : snapshotQueue.take();
              if (task != null) {
                return Mono.just(new Snapshotting(this, task, recovering));
              }
              return stopped || visiting ? Mono.empty() : otherwise.get();
            });
  }

  ChangeLog changes() {
    return around.changes();
  }

  /** Applies a snapshot, while pipelines of other instances leave the table alone. */
  Mono<Void> apply(SnapshotTask task, Mono<Void> interrupted) {
    AtomicBoolean begun = new AtomicBoolean();
    Mono<Void> work =
        around
            .snapshotTables()
            .claimForSnapshot(mapping)
            .doOnSubscribe(begins -> begun.set(true))
            .doOnNext(claim -> held = claim)
            .delayUntil(claim -> report.enter(claim, TableState.SNAPSHOTTING))
            .flatMap(claim -> new SnapshotLoad(around, task, claim, interrupted).run());
    return around
        .replicas()
        .reserving(mapping.target(), work)
        .then()
        // Afterwards the work itself ends, once it has cleaned up.
        .takeUntilOther(interrupted.onErrorResume(e -> begun.get() ? Mono.never() : Mono.error(e)))
        .doOnSuccess(done -> gaps.snapshotApplied(task))
        .doOnSubscribe(begins -> loading = true)
        .doFinally(ends -> loading = false);
  }

  /** The claim under which changes are applied; null before the first. */
  @Nullable Claim held() {
    return held;
  }

  /**
   * The place where reading begins under a claim.
   *
   * @return errors with {@link BrokerException.Gap} if the stream does not hold what the table
   *     needs
   */
  Mono<ResumePoint> start(Claim claim, LogState log) {
    gaps.begins(log);
    return ResumePoint.of(claim, log, around.options().overlap(), around.changes())
        .map(from -> new ResumePoint(gaps.dispensing(from.start(), claim, log), from.claim()));
  }

  /** Tells whether a snapshot is being applied. */
  boolean isLoading() {
    return loading;
  }

  TargetTables targets() {
    return around.targets();
  }

  /** A writer for its table. */
  TableWriter writer(Claim claim) {
    return around.targets().writer(claim, around.schemas().newest(mapping.source()));
  }

  /** The threads for work that takes time. */
  Scheduler scheduler() {
    return around.scheduler();
  }

  PipelineOptions options() {
    return around.options();
  }

  /** What it does where messages are missing. */
  GapPassage gaps() {
    return gaps;
  }

  /** The table's place in its group. */
  GroupPlace place() {
    return place;
  }

  ChangeDecoder newDecoder(StartAt start, Set<Long> skips) {
    return new ChangeDecoder(
        mapping.source(),
        around.schemas(),
        around.options().maxMessageBytes(),
        start,
        skips,
        () -> around.recorder().skipped(mapping.target()));
  }

  Flux<Batch> batches(Flux<DecodedChunk> chunks, LogState log, Claim claim, BatchLimits limits) {
    PipelineOptions options = around.options();
    return new TransactionBatcher(
        chunks,
        log.stream(),
        claim.position(),
        limits,
        Linger.ofTable(options.linger()),
        around.scheduler(),
        OverlapWindow.of(claim, log, options.overlap()),
        around.batchBytes());
  }

  /**
   * Claims the table and streams; waits if the target cannot be reached, yields if another instance
   * has the table; ends if it is not active any more.
   *
   * @param proof the event that ends its wait
   */
  Mono<Phase> claimThenStream(@Nullable Stopped recovering, Backoff backoff, Proof proof) {
    return streamBy(around.targets().claim(mapping), recovering, backoff, proof)
        .onErrorResume(
            HeldException.class,
            held -> Mono.just(Yielding.first(this, held.getMessage()).again(held)));
  }

  private DatabaseException unanswered() {
    return new DatabaseException(
        "the target did not answer the claim of %s within %d s"
            .formatted(mapping.target(), CLAIM_LIMIT.toSeconds()),
        "08006",
        null,
        null,
        null);
  }

  /** The same if another instance had the table. */
  Mono<Phase> claimThenStream(Yielding yielding) {
    TargetTables targets = around.targets();
    return streamBy(
            yielding.insists() ? targets.takeOver(mapping) : targets.claim(mapping),
            null,
            Backoff.OUTAGE,
            Proof.READING)
        .onErrorResume(HeldException.class, held -> Mono.just(yielding.again(held)));
  }

  private Mono<Phase> streamBy(
      Mono<Claim> claim, @Nullable Stopped recovering, Backoff backoff, Proof proof) {
    boolean begins = held == null;
    return claim
        // Otherwise it might run inside the callback of a connection that has just been returned.
        .subscribeOn(around.scheduler())
        .timeout(CLAIM_LIMIT, Mono.error(this::unanswered), around.scheduler())
        .takeUntilOther(stopping())
        .doOnNext(this::holds)
        .delayUntil(claimed -> gaps.passes(claimed, recovering))
        .map(
            claimed ->
                gaps.isIn(claimed, recovering)
                    ? Stopped.again(this, claimed, recovering)
                    : new Streaming(
                        this, claimed, begins ? stuckBefore(claimed) : recovering, backoff, proof))
        .onErrorResume(
            error -> !(error instanceof HeldException),
            error -> {
              Verdict verdict = FailurePolicy.classify(error, mapping);
              report.failure(verdict, error);
              Claim last = recovering == null ? null : recovering.claim();
              return Mono.just(new Waiting(this, last, verdict.reason(), null, backoff, proof));
            });
  }

  /** A restart fixes nothing: until a commit proves the opposite, the stored failure stays. */
  private @Nullable Stopped stuckBefore(Claim claim) {
    TableState failure = claim.failure();
    if (failure == null) {
      return null;
    }
    report.recalls(failure);
    return new Stopped(this, claim, failure, Backoff.STUCK, 0);
  }

  private void holds(Claim claim) {
    // First: who sees the claim must see its position.
    report.at(claim.position());
    held = claim;
  }

  /** Ends the pipeline's pause; false if it makes none. */
  boolean resume() {
    gaps.mayGoOn();
    return pauses.resume();
  }

  /** Ends the pipeline's pause, if it makes one. */
  void retryNow() {
    pauses.end();
  }

  /** Completes when the pause is over, or there is other work. */
  Mono<Void> pause(Backoff backoff) {
    return pauses.pause(backoff, this::interruption);
  }

  Mono<Long> delay(Duration pause) {
    return Mono.delay(pause, around.scheduler());
  }
}
