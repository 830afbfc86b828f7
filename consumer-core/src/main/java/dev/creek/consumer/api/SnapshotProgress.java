package dev.creek.consumer.api;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How far a snapshot is.
 *
 * @param mapping source and target
 * @param subject the snapshot's subject; empty while it is being requested
 * @param mode upsert or clean
 * @param step what is being done
 * @param rowsDone rows written so far
 * @param rowsExpected rows that the snapshot is believed to hold, -1 where nobody knows yet
 * @param elapsed since the command was taken up
 * @param doubt why the snapshot may not hold all rows; null where nothing says so
 */
public record SnapshotProgress(
    Mapping mapping,
    String subject,
    SnapshotMode mode,
    Step step,
    long rowsDone,
    long rowsExpected,
    Duration elapsed,
    @Nullable String doubt) {

  /** Progress without a doubt. */
  public SnapshotProgress(
      Mapping mapping,
      String subject,
      SnapshotMode mode,
      Step step,
      long rowsDone,
      long rowsExpected,
      Duration elapsed) {
    this(mapping, subject, mode, step, rowsDone, rowsExpected, elapsed, null);
  }

  /** The steps, in order. */
  public enum Step {
    /** The producer has been asked. */
    REQUESTING,
    /** The table's pipeline is being paused between two transactions. */
    PAUSING,
    /** Rows are read and written. */
    LOADING,
    /** Indexes and constraints of the fresh table are built. */
    BUILDING,
    /** The fresh table takes the old one's place, or the old one is made equal to it. */
    FINISHING,
    /** Committed, with the position from which the pipeline resumes. */
    DONE
  }
}
