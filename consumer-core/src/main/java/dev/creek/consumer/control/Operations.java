package dev.creek.consumer.control;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.StartFrom;
import dev.creek.consumer.api.TargetTable;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What commands are carried out with. Each can be asked for again after it was given up or cut
 * short, and then leads to the same end. Cancelling gives up. Thread-safe.
 */
public interface Operations {

  /** True if the table was created, false if it exists and fits. */
  Mono<Boolean> createTable(Mapping mapping);

  /** Subscribes, or does nothing where that is so. */
  Mono<?> addTable(Mapping mapping);

  /** Subscribes a table that has no position yet. */
  Mono<?> addTable(Mapping mapping, StartFrom from);

  /** False where there is no such subscription. */
  Mono<Boolean> removeTable(TargetTable table);

  /**
   * Asks for a snapshot and applies it; its last element is the step {@code DONE}.
   *
   * @param unwanted once it completes the snapshot is given up, which is an error when all is
   *     cleaned up; without effect where it was applied by then
   */
  Flux<SnapshotProgress> snapshot(Mapping mapping, SnapshotMode mode, Mono<Void> unwanted);

  /** Applies a snapshot that is there, as {@link #snapshot} does. */
  Flux<SnapshotProgress> applySnapshot(
      String subject, Mapping mapping, SnapshotMode mode, Mono<Void> unwanted);

  /** True if the table was waiting, and is tried again now. */
  Mono<Boolean> resumeTable(TargetTable table);

  /**
   * Passes over one message.
   *
   * @return what it failed with; empty where the table has not stopped at this message
   */
  Mono<String> skipChange(TargetTable table, long sequence);

  /** How long a producer that does not answer is asked again, from the first time on. */
  Duration producerWait();

  /**
   * What an error of these means.
   *
   * @param table whose command failed
   */
  Failure failure(Throwable error, TargetTable table);

  /**
   * An error as an operator should see it.
   *
   * @param text what failed, and what helps
   * @param prospect whether it may pass by itself
   */
  record Failure(String text, Prospect prospect) {}

  /** Tells whether an error may pass by itself, and so how often it is tried again. */
  enum Prospect {
    /** It does not pass. */
    NONE(0),
    /** It is likely to be for good; once more for what an outage elsewhere may have been. */
    UNLIKELY(1),
    /** What was asked for is not there yet, perhaps: half a minute. */
    MAY_COME(6),
    /** Nobody answers who should: for as long as {@link Operations#producerWait} says. */
    AWAITED(Integer.MAX_VALUE),
    /** A server is away. */
    PASSES(Integer.MAX_VALUE);

    private final int retries;

    Prospect(int retries) {
      this.retries = retries;
    }

    int retries() {
      return retries;
    }
  }
}
