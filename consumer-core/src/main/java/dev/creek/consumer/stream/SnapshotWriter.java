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
    /** Rows in it. */
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
   * <p>Upsert: the line was paused before the snapshot was taken, so a row of the target may hold a
   * unique value that the snapshot has in another row. Such a row is from the past: it is deleted,
   * and if the snapshot has it too, it comes with a chunk of its own.
   */
  Mono<Void> write(Prepared prepared);

  /**
   * Comes before the first {@link #write}. Where rows are seen as they are written (upsert), the
   * line goes on from there from now on: if the snapshot is then given up, what it brought from an
   * earlier time is mended by the changes since. Else it does nothing.
   */
  Mono<Void> begin(Handover to);

  /** Whoever has a snapshot finished. */
  interface Finishing {

    /** A step begins. */
    void begins(SnapshotProgress.Step step);

    /**
     * Runs the commit behind which the target holds the snapshot. Whoever gives the snapshot up
     * before it runs has it not run; behind that it is to be waited for, since a commit that is cut
     * off may have happened or not.
     */
    default Mono<Void> lastCommit(Mono<Void> commit) {
      return commit;
    }
  }

  /**
   * Makes the target hold the snapshot and stores where the line goes on, in one transaction.
   *
   * @param finishing told of each step when it begins, and runs the transaction's commit
   */
  Mono<Void> finish(Handover to, Finishing finishing);

  /** Removes what is left over and gives the connection back; never fails. */
  Mono<Void> close();
}
