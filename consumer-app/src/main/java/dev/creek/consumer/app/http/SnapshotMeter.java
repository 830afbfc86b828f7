package dev.creek.consumer.app.http;

import dev.creek.consumer.api.SnapshotProgress;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What is counted of one target's snapshots. Thread-safe; nothing waits. */
final class SnapshotMeter {

  /**
   * A snapshot that is being applied.
   *
   * @param mode {@code upsert} or {@code clean}
   * @param step what is being done
   * @param rowsExpected -1 where nobody knows yet
   * @param began when it was first told of
   */
  record Running(String mode, String step, long rowsDone, long rowsExpected, Instant began) {}

  private final String source;
  private final LongAdder rows = new LongAdder();
  private volatile @Nullable Running running;

  SnapshotMeter(String source) {
    this.source = source;
  }

  String source() {
    return source;
  }

  synchronized void progress(SnapshotProgress progress) {
    long rowsDone = progress.rowsDone();
    Running before = running;
    long known = before == null ? 0 : before.rowsDone();
    rows.add(Math.max(0, rowsDone - known));
    Instant began = before == null ? Instant.now() : before.began();
    running =
        new Running(
            progress.mode().toString(),
            progress.step().name().toLowerCase(Locale.ROOT),
            rowsDone,
            progress.rowsExpected(),
            began);
  }

  synchronized void ended() {
    running = null;
  }

  /** Rows of all its snapshots. */
  long rows() {
    return rows.sum();
  }

  @Nullable Running running() {
    return running;
  }
}
