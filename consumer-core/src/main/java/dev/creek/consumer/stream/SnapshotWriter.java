package dev.creek.consumer.stream;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.MessageException;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.wire.WireMessage;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * Writes one snapshot of one claimed table: chunks in order, then {@link #finish}, and {@link
 * #close} whatever happened. Until {@code finish} has committed, the position is untouched, and of
 * a clean snapshot nobody sees anything. {@link #prepare} of the next chunk may run while a write
 * is in flight. Errors: {@link DatabaseException}, {@link FencedException}, {@link
 * MessageException}, {@code ShapeMismatchException}; after one only {@code close} is allowed.
 */
public interface SnapshotWriter {

  /** A chunk transcoded for this writer's target; opaque to the caller. */
  interface Prepared {
    /** Number of rows in it. */
    int rows();
  }

  /**
   * Transcodes on the calling thread.
   *
   * @param rows messages that are one bare Avro record each, of the header's schema
   */
  Mono<Prepared> prepare(List<WireMessage> rows);

  /**
   * Writes a chunk; completes when the database has it.
   *
   * <p>Upsert: the pipeline was paused before the snapshot was taken, so a row of the target may
   * hold a unique value that the snapshot has in another row. Such a row is older: it is deleted,
   * and if the snapshot has it too, it comes with a chunk of its own.
   */
  Mono<Void> write(Prepared prepared);

  /**
   * Precedes the first {@link #write}. If rows are visible as they are written (upsert), the
   * pipeline continues from there from now on: if the snapshot is then given up, later changes
   * correct the older rows that it brought. Otherwise it does nothing.
   */
  Mono<Void> begin(Handover to);

  /** Callbacks during the end of a snapshot. */
  interface Finishing {

    /** A step begins. */
    void begins(SnapshotProgress.Step step);

    /**
     * The target may lack something nevertheless, and is marked.
     *
     * @param reason one sentence for the user
     * @param settling to be run once the pipeline has applied what was committed before the
     *     snapshot: if that shows that nothing is lacking, it removes the mark and emits true
     */
    default void doubts(String reason, Mono<Boolean> settling) {}

    /**
     * Runs the commit after which the target holds the snapshot. If the snapshot is given up
     * before, the commit does not run. Once it runs, it must be waited for, because the outcome of
     * an interrupted commit is unknown.
     */
    default Mono<Void> lastCommit(Mono<Void> commit) {
      return commit;
    }
  }

  /**
   * Makes the target hold the snapshot and stores where the pipeline continues, in one transaction.
   *
   * @param finishing notified of the beginning of each step; runs the transaction's commit
   */
  Mono<Void> finish(Handover to, Finishing finishing);

  /** Removes leftovers and gives the connection back; never fails. */
  Mono<Void> close();
}
