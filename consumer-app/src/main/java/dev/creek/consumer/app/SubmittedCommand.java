package dev.creek.consumer.app;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.app.cli.CommandStep;
import dev.creek.consumer.text.ErrorWords;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.publisher.SynchronousSink;

/** A command submitted to a service, as its rows in the log show it. For one thread at a time. */
final class SubmittedCommand {
  /** A service begins a command at once; one that waits longer has others before it. */
  private static final Duration AT_ONCE = Duration.ofSeconds(1);

  private final long id;
  private final Command command;
  private final long given = System.nanoTime();
  private final Sinks.Empty<Void> end = Sinks.empty();
  private long begun;
  private @Nullable CommandStep described;

  SubmittedCommand(long id, Command command) {
    this.id = id;
    this.command = command;
  }

  long id() {
    return id;
  }

  /** Reports what is new since the last check: one step, or the end. */
  void report(CommandRecord record, SynchronousSink<CommandStep> sink) {
    switch (record.outcome()) {
      case OK -> sink.next(new CommandStep.Done(record.detail() == null ? "" : record.detail()));
      case FAILED -> sink.error(refused(record.status()));
      case CANCELLED -> sink.error(cancelled(record));
      case PENDING -> {
        CommandStep step = step(record);
        if (step != null && !step.equals(described)) {
          described = step;
          sink.next(step);
        }
      }
    }
  }

  private @Nullable CommandStep step(CommandRecord record) {
    if (record.status().equals(CommandRecord.QUEUED)) {
      return since(given).compareTo(AT_ONCE) < 0
          ? null
          : new CommandStep.Remark(waiting(record.detail()));
    }
    if (begun == 0) {
      begun = System.nanoTime();
    }
    if (record.detail() != null) {
      return new CommandStep.Remark(record.detail());
    }
    return record.step() == null || !(command instanceof Command.OfMapping both)
        ? null
        : new CommandStep.Snapshot(progress(record, record.step(), both));
  }

  private String waiting(@Nullable String forWhat) {
    return forWhat == null
        ? "is command " + id + ", which no service has begun yet"
        : "command %d %s (hint: creek-consumer cancel ID ends either)".formatted(id, forWhat);
  }

  private SnapshotProgress progress(CommandRecord record, String step, Command.OfMapping both) {
    Long done = record.rowsDone();
    Long expected = record.rowsExpected();
    return new SnapshotProgress(
        both.mapping(),
        both instanceof Command.ApplySnapshot apply ? apply.subject() : "",
        mode(both),
        SnapshotProgress.Step.valueOf(step.toUpperCase(Locale.ROOT)),
        done == null ? 0 : done,
        expected == null ? -1 : expected,
        since(begun));
  }

  private static SnapshotMode mode(Command.OfMapping command) {
    if (command instanceof Command.TakeSnapshot take) {
      return take.mode();
    }
    if (command instanceof Command.Fill) {
      return SnapshotMode.UPSERT;
    }
    return command instanceof Command.ApplySnapshot apply ? apply.mode() : SnapshotMode.CLEAN;
  }

  private static Duration since(long nanoTime) {
    return Duration.ofNanos(System.nanoTime() - nanoTime);
  }

  private IllegalStateException refused(String status) {
    return new IllegalStateException("command " + id + ": " + status);
  }

  private IllegalStateException cancelled(CommandRecord record) {
    String detail = record.detail();
    return new IllegalStateException(
        "command " + id + " was cancelled" + (detail == null ? "" : " " + detail));
  }

  /** It is to be cancelled, and has not ended yet. */
  IllegalStateException isBeingCancelled() {
    return new Unfinished(
        "command " + id + " is being cancelled: creek-consumer status shows whether it has ended");
  }

  /** It cannot be cancelled. */
  Throwable goesOn(Throwable error) {
    return error instanceof Unfinished
        ? error
        : new IllegalStateException(
            "command "
                + id
                + " continues in the service, because it could not be cancelled: "
                + error.getMessage()
                + " (hint: creek-consumer cancel "
                + id
                + ")",
            error);
  }

  /** Completes when it is not followed any more. */
  Mono<Void> ended() {
    return end.asMono();
  }

  void end() {
    end.tryEmitEmpty();
  }

  /** It continues, and is not followed any more. */
  private static final class Unfinished extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    Unfinished(String message) {
      super(message);
    }
  }

  /** No service runs any more. */
  IllegalStateException waits() {
    return new IllegalStateException(
        "command "
            + id
            + " waits: no service runs any more, and the next one carries it out (hint: start"
            + " creek-consumer serve)");
  }

  /** Its row cannot be read. */
  Throwable outOfSight(Throwable error) {
    return new IllegalStateException(
        "command "
            + id
            + " runs in the service, but its state cannot be read: "
            + ErrorWords.described(error),
        error);
  }
}
