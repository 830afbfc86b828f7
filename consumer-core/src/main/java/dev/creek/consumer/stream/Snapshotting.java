package dev.creek.consumer.stream;

import dev.creek.consumer.control.Remedy;
import dev.creek.consumer.control.SnapshotProgress.Step;
import dev.creek.consumer.wire.SourceTable;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Applying a snapshot while nothing else writes the table. Whatever comes of it, the line goes on
 * from the position that is stored then: the snapshot's, or the one that it had.
 *
 * @param recovering what the line was stuck in, which a failed snapshot does not mend; null if it
 *     was not
 */
record Snapshotting(TableLine line, SnapshotTask task, @Nullable Stuck recovering)
    implements Phase {
  @Override
  public Mono<Phase> run() {
    return Mono.fromRunnable(() -> task.tell(Step.PAUSING))
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

  static SnapshotException unknown(String subject, SourceTable source) {
    return new SnapshotException("there is no snapshot " + subject, listing(source));
  }

  /** The same, where the table's name may be another. */
  static SnapshotException unknown(String subject, SourceTable source, String suggestion) {
    return new SnapshotException(
        "there is no snapshot " + subject, suggestion + " Else " + listing(source));
  }

  private static String listing(SourceTable source) {
    return Remedy.command("list-snapshots", source)
        + " shows which there are (a program: snapshots(source))";
  }
}
