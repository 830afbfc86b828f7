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
   * A table in a group of tables is applied with the others of it from now on, or on its own. Also
   * called when it begins, after {@link #line}; never for a table in no group.
   */
  default void grouped(TargetTable table, TableGroup group, Membership membership) {}

  /**
   * A table tries again after an error that passes.
   *
   * @param category class of the SQLSTATE, or {@code broker}, {@code schema}
   */
  default void retry(TargetTable table, String category) {}

  /** A change that could not be applied was skipped, by {@link Command.SkipChange}. */
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
   * The backlog of one table, which may be queried at any time from any thread: it grows while
   * nothing happens, so there is no event that could report it.
   */
  public interface Backlog {

    /** Knowledge of a figure. */
    enum Certainty {
      /** The figure is exact. */
      KNOWN,
      /**
       * Nothing can be read just now: the lag is an upper bound, the number of pending messages a
       * lower one.
       */
      BOUND,
      /** The figure means nothing. */
      UNKNOWN
    }

    /**
     * Age of the oldest change that is not applied yet, by its commit time on the source. Zero if
     * nothing is pending. While nothing can be read, it is not known whether something is: then it
     * is the time since nothing was known to be pending.
     */
    Duration lag();

    /** Messages in the stream that are not applied yet, as far as is known. */
    long pendingMessages();

    /**
     * Certainty of {@link #lag}. It stays known while nothing can be read if a change is held that
     * is not applied: that one is the oldest.
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
