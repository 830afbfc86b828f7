package dev.creek.consumer.stream.snapshot;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Decides between the commit that a snapshot ends with and whoever wants the snapshot no more: the
 * first of them goes on, the other hears of it. A commit that is cut off has an end that nobody
 * knows, so one that runs is waited for. Thread-safe.
 */
final class LastCommit {
  private final Runnable onTooLate;
  private @Nullable Throwable unwanted;
  private boolean begun;

  /**
   * @param onTooLate runs where the snapshot is to be given up although its commit runs
   */
  LastCommit(Runnable onTooLate) {
    this.onTooLate = onTooLate;
  }

  /**
   * Runs the commit. One that failed may be followed by another, where nobody has given the
   * snapshot up meanwhile.
   *
   * @return errors, without a commit, as the interruption did that came first
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

  /** The same interruption; one that never ends where it comes behind the commit's beginning. */
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
