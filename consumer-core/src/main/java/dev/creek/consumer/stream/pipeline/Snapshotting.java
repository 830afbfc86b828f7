package dev.creek.consumer.stream.pipeline;

import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SnapshotProgress.Step;
import dev.creek.consumer.stream.SnapshotOrder;
import dev.creek.consumer.stream.snapshot.SnapshotTask;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Applies a snapshot while nothing else writes the table. In any case, the pipeline continues from
 * the position that is stored afterwards: the snapshot's, or the one that it had.
 *
 * @param recovering the failure in which the pipeline was stuck, which a failed snapshot does not
 *     remove; null if there was none
 */
record Snapshotting(TablePipeline line, SnapshotTask task, @Nullable Stopped recovering)
    implements Phase {
  @Override
  public Mono<Phase> run() {
    return Mono.fromRunnable(() -> task.report(Step.PAUSING))
        .then(line.apply(task, interrupted()))
        .thenReturn(true)
        .doOnSuccess(applied -> task.done())
        .onErrorResume(
            error -> {
              line.report().snapshotFailed(task, error);
              return Mono.just(false);
            })
        .flatMap(applied -> line.next(applied ? null : recovering));
  }

  private Mono<Void> interrupted() {
    return Mono.firstWithSignal(
        line.stopping().then(Mono.error(Snapshotting::stopped)),
        SnapshotOrder.givenUp(task.cancelled()));
  }

  static SnapshotException stopped() {
    return new SnapshotException(
        "the snapshot was given up: the table was removed, or the service stops", null);
  }
}
