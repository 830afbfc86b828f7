package dev.creek.consumer.stream.snapshot;

import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SnapshotProgress.Step;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Handover;
import dev.creek.consumer.stream.PipelineOptions;
import dev.creek.consumer.stream.PipelinePorts;
import dev.creek.consumer.stream.SnapshotWriter;
import dev.creek.consumer.stream.snapshot.SnapshotChunks.Chunk;
import dev.creek.consumer.wire.SnapshotHeader;
import java.time.Duration;
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

  /** The first row, if any, comes with the header. */
  private static final Duration OF_QUOTED_NAMES = Duration.ofSeconds(15);

  private final PipelinePorts around;
  private final SnapshotTask task;
  private final Claim claim;
  private final Mono<Void> interrupted;
  private final SourceTable source;
  private final SnapshotChunks chunks;
  private final StallWatch watch;
  private final SnapshotHandover handovers;
  private final LastCommit lastCommit = new LastCommit(this::tooLate);

  /** Number of rows by the source's statistics. */
  private volatile long estimated;

  /**
   * @param interrupted errors when the snapshot is to end without effect
   */
  public SnapshotLoad(
      PipelinePorts around, SnapshotTask task, Claim claim, Mono<Void> interrupted) {
    PipelineOptions options = around.options();
    this.around = around;
    this.task = task;
    this.claim = claim;
    this.interrupted = interrupted;
    this.source = task.order().mapping().source();
    this.chunks = new SnapshotChunks(options.limits(), options.maxMessageBytes());
    this.watch = new StallWatch(this::timeout);
    this.handovers =
        new SnapshotHandover(around.changes(), around.snapshotLog(), task, options.overlap());
  }

  /** Completes when the target holds the snapshot and the position is stored. */
  public Mono<Void> run() {
    return published()
        .thenMany(around.snapshotLog().readSnapshot(source, task.subject()))
        .filter(delivery -> !delivery.packets().isEmpty())
        .doOnNext(delivery -> watch.received())
        .concatMapIterable(chunks::take, ONE_AHEAD)
        .takeUntil(Chunk::last)
        .takeUntilOther(Mono.firstWithSignal(interrupted, stalled()))
        .switchOnFirst(this::load)
        .onErrorMap(MessageException.class, this::unreadable)
        .then();
  }

  private SnapshotException unreadable(MessageException e) {
    if (e instanceof MessageException.TooLong tooLong) {
      return new SnapshotException(
          "snapshot %s holds a row that is too long: %s".formatted(task.subject(), e.getMessage()),
          "raise --max-message-bytes to %d or more, with a heap of %d MiB or more"
              .formatted(
                  tooLong.declaredBytes(), PipelineOptions.heapFor(tooLong.declaredBytes()) >> 20),
          e);
    }
    return new SnapshotException(
        "snapshot %s cannot be read: %s".formatted(task.subject(), e.getMessage()),
        "request a new snapshot, when no other one of this database is under way",
        e);
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

  private Mono<Void> stalled() {
    return watch.stalled(this::stall, around.scheduler());
  }

  private Duration timeout() {
    Duration usual = around.options().snapshots().stall();
    return isUnreadable() && usual.compareTo(OF_QUOTED_NAMES) > 0 ? OF_QUOTED_NAMES : usual;
  }

  /**
   * Producers read a table without quoting its name: of a table whose name needs quotes they
   * publish a header, and no more.
   */
  private boolean isUnreadable() {
    return chunks.begun() && chunks.packets() == 1 && source.needsQuotes();
  }

  private SnapshotException stall() {
    if (isUnreadable()) {
      return new SnapshotException(
          "snapshot %s has a header, and nothing has come behind it for %d s: the name of %s needs double quotes in SQL, and producers leave them out when they read a table"
              .formatted(task.subject(), timeout().toSeconds(), source),
          "rename the table on the source to lower case (its changes come under either name); or fill the target by other means, and subscribe it with add-tables");
    }
    long seconds = around.options().snapshots().stall().toSeconds();
    return new SnapshotException(
        chunks.begun()
            ? "snapshot %s stopped after %d rows: nothing has come for %d s, and its end never did"
                .formatted(task.subject(), task.rowsDone(), seconds)
            : "snapshot %s has not begun within %d s".formatted(task.subject(), seconds),
        "the producer may have died or may be unable to read the table: look at its log, then request a new snapshot");
  }

  private Flux<Void> load(Signal<? extends Chunk> first, Flux<Chunk> all) {
    Chunk head = first.get();
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
    watch.begins();
    return handovers.of(header, claim).flatMap(handover -> load(header, all, handover)).flux();
  }

  private Mono<Void> load(SnapshotHeader header, Flux<Chunk> all, Handover handover) {
    return Mono.usingWhen(
        around
            .snapshotTables()
            .writer(claim, task.order().mode(), header.shape())
            .takeUntilOther(interrupted),
        writer ->
            Mono.fromRunnable(watch::ends)
                .then(write(writer, all, handover))
                .then(finish(writer, handover)),
        SnapshotWriter::close,
        (writer, error) -> writer.close(),
        SnapshotWriter::close);
  }

  private Mono<Void> write(SnapshotWriter writer, Flux<Chunk> all, Handover handover) {
    AtomicBoolean begun = new AtomicBoolean();
    return all.filter(chunk -> !chunk.rows().isEmpty())
        .doOnNext(chunk -> watch.begins())
        .concatMap(chunk -> work(writer, chunk), ON_DEMAND)
        .concatMap(
            work -> begun.getAndSet(true) ? work : writer.begin(handover).then(work), ONE_AHEAD)
        .then();
  }

  private Mono<Mono<Void>> work(SnapshotWriter writer, Chunk chunk) {
    return writer
        .prepare(chunk.rows())
        // Otherwise it would run on the thread that requests, the database's, which would wait.
        .subscribeOn(around.scheduler())
        .map(prepared -> writer.write(prepared).doOnSuccess(nothing -> wrote(prepared)));
  }

  private void wrote(SnapshotWriter.Prepared prepared) {
    watch.ends();
    task.wrote(prepared.rows());
  }

  private Mono<Void> finish(SnapshotWriter writer, Handover handover) {
    return Mono.fromRunnable(task::wroteAll)
        .then(Mono.defer(this::checkCount))
        .then(Mono.defer(() -> handovers.check(handover)))
        .then(Mono.defer(() -> writer.finish(marked(handover), finishing())))
        .takeUntilOther(lastCommit.unlessBegun(interrupted));
  }

  private SnapshotWriter.Finishing finishing() {
    return new SnapshotWriter.Finishing() {
      @Override
      public void begins(Step step) {
        task.report(step);
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
            "{}: the snapshot's last commit is under way, so it is not given up any more",
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

  /** Compares with JetStream's count, so that no message was missed on the way. */
  private Mono<Void> checkCount() {
    return around
        .snapshotLog()
        .snapshot(source, task.subject())
        .switchIfEmpty(Mono.error(this::removed))
        .flatMap(
            held ->
                held.messages() == chunks.packets() ? Mono.empty() : Mono.error(miscounted(held)));
  }

  private SnapshotException removed() {
    return new SnapshotException(
        "snapshot " + task.subject() + " was removed from the stream while it was read",
        "request a new snapshot");
  }

  private SnapshotException miscounted(PublishedSnapshot held) {
    return new SnapshotException(
        "snapshot %s was read as %d messages, but the stream holds %d of it"
            .formatted(task.subject(), chunks.packets(), held.messages()),
        "the producer may have published two snapshots at once, or retention may have removed a part: request a new snapshot");
  }
}
