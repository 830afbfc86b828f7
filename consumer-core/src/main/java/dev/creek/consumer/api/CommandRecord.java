package dev.creek.consumer.api;

import dev.creek.consumer.control.CommandText;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A command in the log, and what became of it.
 *
 * @param id counts up; commands of one target are carried out in its order
 * @param requestedAt when it was asked
 * @param requestedBy the database role that asked; null for what the Go consumer did
 * @param command as {@link CommandText}, or what the Go consumer wrote
 * @param status {@code queued}, {@code running}, {@code ok}, {@code cancelled}, or the error
 * @param startedAt when a service first took it up
 * @param finishedAt null while it is not finished
 * @param step what a snapshot is doing, as {@link SnapshotProgress.Step}, in lower case
 * @param rowsDone rows that a snapshot has written so far
 * @param rowsExpected rows that it is believed to hold
 * @param detail what was done, what is waited for, which command of the same target has to end
 *     first, or who cancelled it
 * @param attempts how often it was begun; more than once where a service ended in the middle
 */
public record CommandRecord(
    long id,
    Instant requestedAt,
    @Nullable String requestedBy,
    String command,
    String status,
    @Nullable Instant startedAt,
    @Nullable Instant finishedAt,
    @Nullable String step,
    @Nullable Long rowsDone,
    @Nullable Long rowsExpected,
    @Nullable String detail,
    int attempts) {

  /** The status of a command that no service has begun yet. */
  public static final String QUEUED = "queued";

  /** The status of a command that is being carried out. */
  public static final String RUNNING = "running";

  /** The status of a command that was carried out. */
  public static final String OK = "ok";

  /** The status of a command that was cancelled. */
  public static final String CANCELLED = "cancelled";

  /** Its outcome. */
  public CommandOutcome outcome() {
    if (finishedAt == null && (status.equals(QUEUED) || status.equals(RUNNING))) {
      return CommandOutcome.PENDING;
    }
    return switch (status) {
      case OK -> CommandOutcome.OK;
      case CANCELLED -> CommandOutcome.CANCELLED;
      default -> CommandOutcome.FAILED;
    };
  }

  /** Outcomes of a command. */
  public enum CommandOutcome {
    /** Queued or running. */
    PENDING,
    /** Carried out. */
    OK,
    /** Refused or failed: its status says why. */
    FAILED,
    /** Cancelled: its detail names the role. */
    CANCELLED
  }
}
