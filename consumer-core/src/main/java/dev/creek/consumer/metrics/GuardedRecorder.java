package dev.creek.consumer.metrics;

import dev.creek.consumer.api.Command.Verb;
import dev.creek.consumer.api.CommandRecord.CommandOutcome;
import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Membership;
import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Catches what a recorder throws: a table must not stop because it could not be counted. The first
 * error is logged with its stack trace, the others at level debug. Thread-safe if the recorder is.
 */
public final class GuardedRecorder implements MetricsRecorder {
  private static final Logger log = LoggerFactory.getLogger(GuardedRecorder.class);

  private final MetricsRecorder recorder;
  private final AtomicBoolean failed = new AtomicBoolean();

  /** Guards a recorder. */
  public GuardedRecorder(MetricsRecorder recorder) {
    this.recorder = recorder;
  }

  private void guarded(Runnable call) {
    try {
      call.run();
    } catch (VirtualMachineError e) {
      throw e;
    } catch (Throwable e) {
      if (failed.compareAndSet(false, true)) {
        log.error(
            "The metrics recorder {} fails: its counts are incomplete from now on. Further errors are "
                + "logged at DEBUG",
            recorder.getClass().getName(),
            e);
      } else {
        log.debug("The recorder {} fails", recorder.getClass().getName(), e);
      }
    }
  }

  @Override
  public void line(Mapping mapping, Backlog backlog) {
    guarded(() -> recorder.line(mapping, backlog));
  }

  @Override
  public void applied(Mapping mapping, Applied applied) {
    guarded(() -> recorder.applied(mapping, applied));
  }

  @Override
  public void batch(TargetTable table, int changes, long bytes, Duration took) {
    guarded(() -> recorder.batch(table, changes, bytes, took));
  }

  @Override
  public void state(TargetTable table, TableState state) {
    guarded(() -> recorder.state(table, state));
  }

  @Override
  public void incomplete(TargetTable table, List<Incompleteness> marks) {
    guarded(() -> recorder.incomplete(table, marks));
  }

  @Override
  public void grouped(TargetTable table, TableGroup group, Membership membership) {
    guarded(() -> recorder.grouped(table, group, membership));
  }

  @Override
  public void retry(TargetTable table, String category) {
    guarded(() -> recorder.retry(table, category));
  }

  @Override
  public void skipped(TargetTable table) {
    guarded(() -> recorder.skipped(table));
  }

  @Override
  public void snapshot(SnapshotProgress progress) {
    guarded(() -> recorder.snapshot(progress));
  }

  @Override
  public void snapshotEnded(Mapping mapping, SnapshotMode mode, CommandOutcome outcome) {
    guarded(() -> recorder.snapshotEnded(mapping, mode, outcome));
  }

  @Override
  public void command(Verb verb, CommandOutcome outcome) {
    guarded(() -> recorder.command(verb, outcome));
  }

  @Override
  public void removed(TargetTable table) {
    guarded(() -> recorder.removed(table));
  }
}
