package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.SnapshotProgress.Step;
import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.PipelinePorts;
import dev.creek.consumer.stream.snapshot.SnapshotDoubt;
import dev.creek.consumer.stream.snapshot.SnapshotTask;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The waits of a fill for changes of its table. A fill counts the rows that its snapshot lacks, and
 * rows that the source has deleted are no such rows. Before the snapshot is applied, the table
 * catches up, so that few of these are left. If there are any nevertheless, they are counted again
 * once the changes from before the snapshot are applied: under a steady load some deletes are
 * always on their way. Thread-safe.
 */
final class FillWaits {
  private static final Logger log = LoggerFactory.getLogger(FillWaits.class);
  private static final Duration LOOKED_AT_AGAIN = Duration.ofMillis(20);

  /** A table that is further behind, or has stopped, is filled where it is. */
  private static final Duration CATCHING_UP = Duration.ofSeconds(20);

  /** If the changes take longer than this, the doubt stays. */
  private static final Duration SETTLING = Duration.ofSeconds(60);

  /** If nothing has come for so long, nothing is on its way, unless the producer is behind. */
  private static final Duration QUIET = Duration.ofSeconds(3);

  private final ConcurrentMap<Mapping, TablePipeline> running;
  private final PipelinePorts around;
  private final Mono<Void> stop;

  FillWaits(ConcurrentMap<Mapping, TablePipeline> running, PipelinePorts around, Mono<Void> stop) {
    this.running = running;
    this.around = around;
    this.stop = stop;
  }

  /**
   * Completes when the table has applied what was published before its snapshot was taken, or if
   * that takes long.
   */
  Mono<Void> caughtUp(Mapping mapping) {
    return around
        .changes()
        .state(mapping.source())
        .flatMap(log -> until(() -> hasApplied(mapping, log), CATCHING_UP, stop))
        .onErrorComplete();
  }

  /** Also if nothing is applied at all. */
  private boolean hasApplied(Mapping mapping, LogState log) {
    TablePipeline line = follower(mapping);
    return line == null
        || line.report().reached().sequence() >= log.lastSequence()
        || line.report().unapplied().isUpToDate();
  }

  /** The pipeline that applies changes of a table; null if there is none here. */
  private @Nullable TablePipeline follower(Mapping mapping) {
    TablePipeline line = running.get(mapping);
    return line == null || line.isVisiting() ? null : line;
  }

  private Mono<Void> until(BooleanSupplier over, Duration limit, Mono<Void> unwanted) {
    return Flux.interval(Duration.ZERO, LOOKED_AT_AGAIN, around.scheduler())
        .onBackpressureDrop()
        .takeUntil(tick -> over.getAsBoolean())
        .take(limit, around.scheduler())
        .takeUntilOther(unwanted)
        .then();
  }

  /** The progress; the last one waits until its doubt is removed, or certain to stay. */
  Mono<SnapshotProgress> settled(SnapshotTask task, SnapshotProgress progress) {
    SnapshotDoubt doubt = progress.step() == Step.DONE ? task.open() : null;
    if (doubt == null) {
      return Mono.just(progress);
    }
    Mono<Void> unwanted = Mono.firstWithSignal(stop, task.cancelled());
    return follower(progress.mapping()) == null
        ? Mono.just(stays(progress, doubt))
        : until(passed(progress.mapping(), doubt.at()), SETTLING, unwanted)
            .then(doubt.settling())
            .onErrorResume(
                e -> {
                  log.debug("{}: rows could not be counted again", progress.mapping(), e);
                  return Mono.just(false);
                })
            .map(removed -> removed ? undoubted(progress) : stays(progress, doubt));
  }

  /** Tells whether the changes from before a time are applied. */
  private BooleanSupplier passed(Mapping mapping, Instant at) {
    Instant passed = at.plus(Horizon.DOUBT);
    var quiet = new Stillness(QUIET);
    return () -> {
      TablePipeline line = follower(mapping);
      if (line == null) {
        return true;
      }
      Instant reached = line.report().reached().committedAt();
      return (reached != null && reached.isAfter(passed))
          || quiet.lasts(reached, line.report().unapplied().isUpToDate());
    };
  }

  private static SnapshotProgress undoubted(SnapshotProgress progress) {
    return new SnapshotProgress(
        progress.mapping(),
        progress.subject(),
        progress.mode(),
        progress.step(),
        progress.rowsDone(),
        progress.rowsExpected(),
        progress.elapsed());
  }

  private static SnapshotProgress stays(SnapshotProgress progress, SnapshotDoubt doubt) {
    log.atWarn()
        .addKeyValue("table", progress.mapping().target())
        .log("{}: {}", progress.mapping(), doubt.reason());
    return progress;
  }

  /** The time for which a caught-up table has stayed where it is. For one thread at a time. */
  private static final class Stillness {
    private final Duration limit;
    private @Nullable Instant place;
    private long since = System.nanoTime();

    Stillness(Duration limit) {
      this.limit = limit;
    }

    boolean lasts(@Nullable Instant reached, boolean caughtUp) {
      if (!caughtUp || place == null || !place.equals(reached)) {
        place = reached;
        since = System.nanoTime();
      }
      return System.nanoTime() - since >= limit.toNanos();
    }
  }
}
