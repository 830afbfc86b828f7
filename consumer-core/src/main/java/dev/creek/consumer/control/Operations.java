package dev.creek.consumer.control;

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

  /** Asks for a snapshot and applies it; its last element is the step {@code DONE}. */
  Flux<SnapshotProgress> snapshot(Mapping mapping, SnapshotMode mode);

  /** Applies a snapshot that is there; its last element is the step {@code DONE}. */
  Flux<SnapshotProgress> applySnapshot(String subject, Mapping mapping, SnapshotMode mode);

  /** True if the table was waiting, and is tried again now. */
  Mono<Boolean> resumeTable(TargetTable table);

  /**
   * Passes over one message.
   *
   * @return what it failed with; empty where the table has not stopped at this message
   */
  Mono<String> skipChange(TargetTable table, long sequence);

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
   * @param passing whether it may pass by itself: a server is away
   */
  record Failure(String text, boolean passing) {}
}
