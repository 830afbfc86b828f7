package dev.creek.consumer.stream.snapshot;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SnapshotProgress.Step;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Handover;
import dev.creek.consumer.stream.PipelinePorts;
import dev.creek.consumer.stream.SnapshotOrder;
import dev.creek.consumer.stream.SnapshotWriter;
import dev.creek.consumer.stream.snapshot.SnapshotRead.Rows;
import dev.creek.consumer.wire.SnapshotHeader;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;

/**
 * The way of one snapshot from the stream into a claimed table: {@code packets -> chunks of rows ->
 * written -> finished}. Run it once.
 */
public final class SnapshotLoad {
  private static final Logger log = LoggerFactory.getLogger(SnapshotLoad.class);
  private static final int ONE_AHEAD = 1;
  private static final int ON_DEMAND = 0;

  private final PipelinePorts around;
  private final SnapshotTask task;
  private final Claim claim;
  private final Mono<Void> interrupted;
  private final SourceTable source;
  private final SnapshotRead read;
  private final SnapshotHandover handovers;
  private final LastCommit lastCommit = new LastCommit(this::tooLate);

  /** Number of rows by the source's statistics. */
  private volatile long estimated;

  /**
   * @param interrupted errors when the snapshot is to end without effect
   */
  public SnapshotLoad(
      PipelinePorts around, SnapshotTask task, Claim claim, Mono<Void> interrupted) {
    this.around = around;
    this.task = task;
    this.claim = claim;
    this.interrupted = interrupted;
    this.source = task.order().mapping().source();
    this.read =
        new SnapshotRead(
            around.snapshotLog(), source, task.subject(), around.options(), around.scheduler());
    this.handovers =
        new SnapshotHandover(
            around.changes(), around.snapshotLog(), task, around.options().overlap());
  }

  /** Completes when the target holds the snapshot and the position is stored. */
  public Mono<Void> run() {
    return published()
        .thenMany(read.rows(interrupted))
        .switchOnFirst(this::load)
        .onErrorMap(MessageException.class, read::unreadable)
        .then();
  }

  /** A snapshot that was named must exist; one that was requested may be still to come. */
  private Mono<Void> published() {
    return task.order().subject() == null
        ? Mono.empty()
        : around
            .snapshotLog()
            .snapshot(source, task.subject())
            .switchIfEmpty(Mono.error(() -> SnapshotException.unknown(task.subject(), source)))
            .doOnNext(found -> task.expect(found.complete() ? found.rows() : -1))
            .then();
  }

  private Flux<Void> load(Signal<? extends Rows> first, Flux<Rows> all) {
    Rows head = first.get();
    if (head == null) {
      return all.thenMany(Flux.empty());
    }
    SnapshotHeader header = head.header();
    if (task.order().subject() == null) {
      task.expect(header.approximateRows());
    }
    estimated = header.approximateRows();
    task.report(Step.LOADING);
    // Nothing is requested until the writer exists.
    read.begins();
    return handovers.of(header, claim).flatMap(handover -> load(header, all, handover)).flux();
  }

  private Mono<Void> load(SnapshotHeader header, Flux<Rows> all, Handover handover) {
    return Mono.usingWhen(
        writer(header).takeUntilOther(interrupted),
        writer ->
            Mono.fromRunnable(read::ends)
                .then(write(writer, all, handover))
                .then(finish(writer, handover, header)),
        SnapshotWriter::close,
        (writer, error) -> writer.close(),
        SnapshotWriter::close);
  }

  private Mono<SnapshotWriter> writer(SnapshotHeader header) {
    SnapshotOrder order = task.order();
    return order.columns().isEmpty()
        ? around.snapshotTables().writer(claim, order.mode(), header.shape())
        : around.snapshotTables().filler(claim, order.columns(), header.shape());
  }

  private Mono<Void> write(SnapshotWriter writer, Flux<Rows> all, Handover handover) {
    AtomicBoolean begun = new AtomicBoolean();
    return all.filter(chunk -> !chunk.rows().isEmpty())
        .doOnNext(chunk -> read.begins())
        .concatMap(chunk -> work(writer, chunk), ON_DEMAND)
        .concatMap(
            work -> begun.getAndSet(true) ? work : writer.begin(handover).then(work), ONE_AHEAD)
        .then();
  }

  private Mono<Mono<Void>> work(SnapshotWriter writer, Rows chunk) {
    return writer
        .prepare(chunk.rows())
        // Otherwise it would run on the thread that requests, the database's, which would wait.
        .subscribeOn(around.scheduler())
        .map(prepared -> writer.write(prepared).doOnSuccess(nothing -> wrote(prepared)));
  }

  private void wrote(SnapshotWriter.Prepared prepared) {
    read.ends();
    task.wrote(prepared.rows());
  }

  private Mono<Void> finish(SnapshotWriter writer, Handover handover, SnapshotHeader header) {
    return Mono.fromRunnable(task::wroteAll)
        .then(Mono.defer(read::checkCount))
        .then(Mono.defer(() -> handovers.check(handover)))
        .then(Mono.defer(() -> writer.finish(marked(handover), finishing(header))))
        .takeUntilOther(lastCommit.unlessBegun(interrupted));
  }

  private SnapshotWriter.Finishing finishing(SnapshotHeader header) {
    return new SnapshotWriter.Finishing() {
      @Override
      public void begins(Step step) {
        task.report(step);
      }

      @Override
      public void doubts(String reason, Mono<Boolean> settling) {
        task.doubt(new SnapshotDoubt(reason, header.at(), settling));
      }

      @Override
      public Mono<Void> lastCommit(Mono<Void> commit) {
        return lastCommit.run(commit);
      }
    };
  }

  private void tooLate() {
    log.atInfo()
        .addKeyValue("table", task.order().mapping().target())
        .log(
            "{}: the snapshot's last commit has been sent, so it is not given up any more",
            task.order().mapping());
  }

  private Handover marked(Handover handover) {
    return Estimate.compare(estimated, task.rowsDone())
        .map(
            thin -> {
              log.atWarn()
                  .addKeyValue("table", task.order().mapping().target())
                  .log("{}: {}", task.order().mapping(), thin.reason());
              task.doubt(thin.reason());
              return handover.with(thin);
            })
        .orElse(handover);
  }
}
