package dev.creek.consumer.metrics;

import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.api.MetricsRecorder.Backlog;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what a recorder throws away from those who count: a table must not stop because it could
 * not be counted. The first error is logged as one, with its stack, the others for who debugs.
 * Thread-safe, as far as the recorder is.
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
            "The recorder {} fails: what it was to count is missing from now on. More of that is logged at DEBUG",
            recorder.getClass().getName(),
            e);
      } else {
        log.debug("The recorder {} fails", recorder.getClass().getName(), e);
      }
    }
  }

  @Override
  public void line(String source, String target, Backlog backlog) {
    guarded(() -> recorder.line(source, target, backlog));
  }

  @Override
  public void applied(
      String source,
      String target,
      long inserts,
      long updates,
      long deletes,
      long truncates,
      @Nullable Instant committedAt) {
    guarded(
        () -> recorder.applied(source, target, inserts, updates, deletes, truncates, committedAt));
  }

  @Override
  public void batch(String target, int changes, long bytes, Duration took) {
    guarded(() -> recorder.batch(target, changes, bytes, took));
  }

  @Override
  public void state(String target, String state, @Nullable String reason, @Nullable String hint) {
    guarded(() -> recorder.state(target, state, reason, hint));
  }

  @Override
  public void incomplete(String target, Map<String, Integer> causes, List<String> reasons) {
    guarded(() -> recorder.incomplete(target, causes, reasons));
  }

  @Override
  public void missed(String target, long rows) {
    guarded(() -> recorder.missed(target, rows));
  }

  @Override
  public void retry(String target, String reasonClass) {
    guarded(() -> recorder.retry(target, reasonClass));
  }

  @Override
  public void skipped(String target) {
    guarded(() -> recorder.skipped(target));
  }

  @Override
  public void snapshot(
      String source, String target, String mode, String step, long rowsDone, long rowsExpected) {
    guarded(() -> recorder.snapshot(source, target, mode, step, rowsDone, rowsExpected));
  }

  @Override
  public void snapshotEnded(String target, String mode, String result) {
    guarded(() -> recorder.snapshotEnded(target, mode, result));
  }

  @Override
  public void command(String verb, String result) {
    guarded(() -> recorder.command(verb, result));
  }

  @Override
  public void removed(String target) {
    guarded(() -> recorder.removed(target));
  }
}
