package dev.creek.consumer.api;

import dev.creek.consumer.api.Command.Verb;
import dev.creek.consumer.api.CommandRecord.CommandOutcome;
import dev.creek.consumer.api.TableEvent.Applied;
import java.time.Duration;
import java.util.List;

/**
 * Receives the counts of a consumer. Called from any thread, never under a lock; must not block or
 * throw. Called per batch, per commit or less often, never per row.
 */
public interface MetricsRecorder {

  /** A recorder that ignores everything. */
  MetricsRecorder NONE = new MetricsRecorder() {};

  /** A table is handled here from now on, until it is {@link #removed}. */
  default void line(Mapping mapping, Backlog backlog) {}

  /** A target transaction was committed. */
  default void applied(Mapping mapping, Applied applied) {}

  /**
   * A batch was written.
   *
   * @param changes changes as they were published, before folding
   * @param bytes of their messages
   * @param took how long the database took
   */
  default void batch(TargetTable table, int changes, long bytes, Duration took) {}

  /** A table is now in this state. */
  default void state(TargetTable table, TableState state) {}

  /**
   * The reasons why a table's rows may differ from its source's.
   *
   * @param marks oldest first; empty where none is known
   */
  default void incomplete(TargetTable table, List<Incompleteness> marks) {}

  /**
   * A table tries again after an error that passes.
   *
   * @param category class of the SQLSTATE, or {@code broker}, {@code schema}
   */
  default void retry(TargetTable table, String category) {}

  /** A change that could not be applied was passed over, by {@link Command.SkipChange}. */
  default void skipped(TargetTable table) {}

  /** The progress of a snapshot. */
  default void snapshot(SnapshotProgress progress) {}

  /**
   * A snapshot has ended.
   *
   * @param outcome never {@link CommandOutcome#PENDING}
   */
  default void snapshotEnded(Mapping mapping, SnapshotMode mode, CommandOutcome outcome) {}

  /**
   * A command has ended.
   *
   * @param outcome never {@link CommandOutcome#PENDING}
   */
  default void command(Verb verb, CommandOutcome outcome) {}

  /** A table is no longer handled here: it can be forgotten. */
  default void removed(TargetTable table) {}

  /**
   * How far one table is behind, to be asked at any time from any thread: it grows while nothing
   * happens, so it cannot be told when something does.
   */
  public interface Backlog {

    /** Knowledge of a figure. */
    enum Certainty {
      /** It is what is told. */
      KNOWN,
      /**
       * Nothing can be read just now: a lag is at most, pending messages are at least what is told.
       */
      BOUND,
      /** The figure means nothing. */
      UNKNOWN
    }

    /**
     * Age of the oldest change that is not applied yet, by its commit time on the source. Zero
     * where nothing is pending. Where nothing can be read it is unknown whether something is: then
     * it is the time since nothing was known to be pending.
     */
    Duration lag();

    /** Messages in the stream that are not applied yet, as far as is known. */
    long pendingMessages();

    /**
     * How much of {@link #lag} is known. It stays known while nothing can be read where a change is
     * held that is not applied: that one is the oldest.
     */
    default Certainty lagCertainty() {
      return Certainty.KNOWN;
    }

    /** Knowledge of {@link #pendingMessages}. */
    default Certainty pendingCertainty() {
      return Certainty.KNOWN;
    }
  }
}
