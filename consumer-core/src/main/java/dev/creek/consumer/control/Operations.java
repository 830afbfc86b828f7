package dev.creek.consumer.control;

import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.StartFrom;
import dev.creek.consumer.api.TargetTable;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The operations that commands use. Each can be repeated after it was given up or interrupted, and
 * then leads to the same end. Cancelling gives up. Thread-safe.
 */
public interface Operations {

  /** Returns true if the table was created, false if it exists and fits. */
  Mono<Boolean> createTable(Mapping mapping);

  /**
   * Subscribes; without effect if the table is subscribed.
   *
   * @param group the named group of tables to put it in; null for none
   */
  Mono<?> addTable(Mapping mapping, @Nullable String group);

  /** Subscribes a table that has no position yet. */
  Mono<?> addTable(Mapping mapping, StartFrom from, @Nullable String group);

  /** Changes a table's named group; returns false if there is no such subscription. */
  Mono<Boolean> setGroup(TargetTable table, @Nullable String group);

  /** The differences between a target and its source's newest schema, as a script. */
  Mono<String> schemaDiff(Mapping mapping);

  /** Returns false if there is no such subscription. */
  Mono<Boolean> removeTable(TargetTable table);

  /**
   * Requests a snapshot and applies it; its last element is the step {@code DONE}.
   *
   * @param unwanted once it completes the snapshot is given up, and errors when all is cleaned up;
   *     without effect if it was applied by then
   */
  Flux<SnapshotProgress> snapshot(Mapping mapping, SnapshotMode mode, Mono<Void> unwanted);

  /** Requests a snapshot and brings only these columns of it, as {@link #snapshot} does. */
  Flux<SnapshotProgress> fill(Mapping mapping, List<String> columns, Mono<Void> unwanted);

  /** Applies an existing snapshot, as {@link #snapshot} does. */
  Flux<SnapshotProgress> applySnapshot(
      String subject, Mapping mapping, SnapshotMode mode, Mono<Void> unwanted);

  /** Returns true if the table was waiting, and is tried again now. */
  Mono<Boolean> resumeTable(TargetTable table);

  /**
   * Skips one message.
   *
   * @return the table's error; empty if it has not stopped at this message
   */
  Mono<String> skipChange(TargetTable table, long sequence);

  /** How long the request to a producer that does not answer is repeated, from the first one on. */
  Duration producerWait();

  /**
   * The meaning of an error of these operations.
   *
   * @param table target of the failed command
   */
  Failure failure(Throwable error, TargetTable table);

  /**
   * An error in the form for operators.
   *
   * @param text the failure and the remedy
   * @param prospect whether it may pass by itself
   */
  record Failure(String text, Prospect prospect) {}

  /** Tells whether an error may pass by itself, and so how often the command is repeated. */
  enum Prospect {
    /** It does not pass. */
    NONE(0),
    /** It is probably permanent; one more attempt, in case it was another system's outage. */
    UNLIKELY(1),
    /** The requested thing may not exist yet: half a minute. */
    MAY_COME(6),
    /** A producer does not answer: for {@link Operations#producerWait}. */
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
