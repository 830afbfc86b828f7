package dev.creek.consumer.stream.snapshot;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Decides between the last commit of a snapshot and its interruption: whichever comes first goes
 * on, and the other is notified. The outcome of an interrupted commit is unknown, so a running one
 * is waited for. Thread-safe.
 */
final class LastCommit {
  private final Runnable onTooLate;
  private @Nullable Throwable unwanted;
  private boolean begun;

  /**
   * @param onTooLate runs if the snapshot is to be given up although its commit runs
   */
  LastCommit(Runnable onTooLate) {
    this.onTooLate = onTooLate;
  }

  /**
   * Runs the commit. After a failed one another may follow, if the snapshot was not given up
   * meanwhile.
   *
   * @return errors like the interruption, without a commit, if the interruption came first
   */
  Mono<Void> run(Mono<Void> commit) {
    return Mono.defer(
        () -> {
          Throwable first = begin();
          return first == null ? commit : Mono.error(first);
        });
  }

  private synchronized @Nullable Throwable begin() {
    begun |= unwanted == null;
    return unwanted;
  }

  /** The same interruption; it never ends if it comes after the beginning of the commit. */
  Mono<Void> unlessBegun(Mono<Void> interruption) {
    return interruption.onErrorResume(
        e -> {
          if (isFirst(e)) {
            return Mono.error(e);
          }
          onTooLate.run();
          return Mono.never();
        });
  }

  private synchronized boolean isFirst(Throwable interruption) {
    unwanted = interruption;
    return !begun;
  }
}
