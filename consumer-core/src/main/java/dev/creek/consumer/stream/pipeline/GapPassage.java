package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.stream.Claim;
import dev.creek.consumer.stream.Horizon;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.stream.TargetTables;
import dev.creek.consumer.stream.snapshot.SnapshotTask;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * What a table does where messages are missing: it stops, until somebody lets it go on, which marks
 * it as incomplete, or a snapshot brings what is missing. Thread-safe.
 */
final class GapPassage {
  private final TargetTables targets;
  private final AtomicBoolean goesOn = new AtomicBoolean();

  /** The table is marked as one that may go on after a gap. */
  private final AtomicBoolean mayPass = new AtomicBoolean();

  /** True if the next check of the stream ends the skipping of changes. */
  private final AtomicBoolean passes = new AtomicBoolean();

  /** Up to here the table needs nothing that is missing from the stream; null if it may need it. */
  private volatile @Nullable LogState dispensable;

  GapPassage(TargetTables targets) {
    this.targets = targets;
  }

  /** Somebody lets it go on. */
  void mayGoOn() {
    goesOn.set(true);
  }

  /** From here on {@link #mayGoOn} means that missing changes are to be skipped. */
  void enters() {
    goesOn.set(false);
  }

  /** A table that may go on after a gap misses changes, and is marked. */
  Mono<Boolean> passes(Claim claim, @Nullable Stopped recovering) {
    String gap = claim.gap() != null || recovering == null ? claim.gap() : recovering.gap();
    return gap == null || !goesOn.get()
        ? Mono.empty()
        : targets
            .mark(
                claim,
                new Incompleteness(
                    Incompleteness.Cause.FORCED, "resumed although changes are missing: " + gap))
            .doOnSuccess(marked -> mayPass.set(true));
  }

  /**
   * Tells whether changes are missing, as far as is known. A check of the stream does not show it
   * any more once the stream has grown past the position.
   */
  boolean isIn(Claim claim, @Nullable Stopped recovering) {
    boolean known = claim.gap() != null || (recovering != null && recovering.isGap());
    boolean goes = known && mayPass.getAndSet(false) && goesOn.getAndSet(false);
    if (goes) {
      passes.set(true);
    }
    return known && !goes;
  }

  /** A clean snapshot brought everything that was in the stream before it was requested. */
  void snapshotApplied(SnapshotTask task) {
    if (task.order().mode() == SnapshotMode.CLEAN) {
      dispensable = task.requestedAt();
    }
  }

  /** Reading begins again, where the stream is like this. */
  void begins(LogState log) {
    if (passes.getAndSet(false)) {
      dispensable = log;
    }
  }

  /** Messages that a snapshot holds may be missing, after a restart too. */
  StartAt dispensing(StartAt start, Claim claim, LogState log) {
    LogState until = dispensable;
    long passed = until != null && until.stream().equals(log.stream()) ? until.lastSequence() : 0;
    Horizon horizon = claim.horizon();
    long held =
        horizon != null && log.stream().equals(claim.position().stream()) ? horizon.through() : 0;
    long mayMiss = Math.max(passed, held);
    return start instanceof StartAt.Sequence from && mayMiss > 0
        ? new StartAt.Sequence(from.first(), mayMiss)
        : start;
  }
}
