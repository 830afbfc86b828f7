package dev.creek.consumer.api;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Receives what the lines count. Called from any thread, never under a lock; must not block or
 * throw. Tables are named by their canonical text ({@code db.namespace.table}, {@code
 * namespace.table}). Called per batch, per commit or less often, never per row.
 */
public interface MetricsRecorder {

  /** Records nothing. */
  MetricsRecorder NONE = new MetricsRecorder() {};

  /** A table is handled here from now on, until it is {@link #removed}. */
  default void line(String source, String target, Backlog backlog) {}

  /**
   * A target transaction was committed. Counts are changes as the wire told them, not rows as
   * folded.
   *
   * @param committedAt source commit time of the last change applied; null where only the position
   *     moved
   */
  default void applied(
      String source,
      String target,
      long inserts,
      long updates,
      long deletes,
      long truncates,
      @Nullable Instant committedAt) {}

  /**
   * A batch was written.
   *
   * @param changes changes as the wire told them
   * @param bytes of their messages
   * @param took how long the database took
   */
  default void batch(String target, int changes, long bytes, Duration took) {}

  /**
   * A table's state is now this ({@code waiting}, {@code streaming}, …).
   *
   * @param reason why, where it is not streaming
   * @param hint what to do, where somebody must act
   */
  default void state(String target, String state, @Nullable String reason, @Nullable String hint) {}

  /**
   * Why a table's rows may differ from its source's, by cause: how many marks of it there are.
   * Empty where nothing is known that says so.
   *
   * @param reasons the same in words, oldest first
   */
  default void incomplete(String target, Map<String, Integer> causes, List<String> reasons) {}

  /** A table tries again after a passing error. */
  default void retry(String target, String reasonClass) {}

  /** Rows that were to be updated or deleted were not there. */
  default void missed(String target, long rows) {}

  /** A change that could not be applied was gone past, because somebody said so. */
  default void skipped(String target) {}

  /**
   * How far a snapshot is.
   *
   * @param mode {@code upsert} or {@code clean}
   * @param step what is being done
   * @param rowsDone rows written so far
   * @param rowsExpected rows that it is believed to hold, -1 where nobody knows yet
   */
  default void snapshot(
      String source, String target, String mode, String step, long rowsDone, long rowsExpected) {}

  /**
   * A snapshot is over.
   *
   * @param result {@code ok}, {@code failed} or {@code cancelled}
   */
  default void snapshotEnded(String target, String mode, String result) {}

  /**
   * A command has ended.
   *
   * @param verb which one: one of a few words, never an argument
   * @param result {@code ok}, {@code failed} or {@code cancelled}
   */
  default void command(String verb, String result) {}

  /** A table is no longer handled here: forget it. */
  default void removed(String target) {}

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
