package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.SnapshotProgress.Step;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The progress of a snapshot: on a terminal one line that is redrawn, with a bar; otherwise a line
 * at each step, and now and then while rows come. Not thread-safe.
 */
final class SnapshotDisplay {
  private static final int BAR = 24;
  private static final Duration REDRAWN = Duration.ofMillis(200);
  private static final Duration TOLD = Duration.ofSeconds(5);
  private static final String REST_OF_LINE = "\u001b[K";

  private final Terminal terminal;
  private @Nullable SnapshotProgress shown;
  private boolean drawn;

  SnapshotDisplay(Terminal terminal) {
    this.terminal = terminal;
  }

  void show(SnapshotProgress progress) {
    if (progress.step() == Step.DONE || !isDue(progress)) {
      return;
    }
    shown = progress;
    if (terminal.colourErr()) {
      drawn = true;
      terminal.err().print("\r" + bar(progress) + REST_OF_LINE);
      terminal.err().flush();
    } else {
      terminal.remark(line(progress));
    }
  }

  private boolean isDue(SnapshotProgress progress) {
    SnapshotProgress before = shown;
    Duration pause = terminal.colourErr() ? REDRAWN : TOLD;
    return before == null
        || before.step() != progress.step()
        || progress.elapsed().minus(before.elapsed()).compareTo(pause) >= 0;
  }

  /** Leaves the terminal's line as it was before. */
  void end() {
    if (drawn) {
      terminal.err().print("\r" + REST_OF_LINE);
      terminal.err().flush();
      drawn = false;
    }
  }

  /** One line for a log. */
  static String line(SnapshotProgress progress) {
    return progress.mapping() + ": " + words(progress);
  }

  /** One line for a terminal. */
  static String bar(SnapshotProgress progress) {
    long expected = progress.rowsExpected();
    if (progress.step() != Step.LOADING || expected <= 0) {
      return line(progress);
    }
    int full = (int) (BAR * Math.min(progress.rowsDone(), expected) / expected);
    return progress.mapping().target()
        + " ["
        + "#".repeat(full)
        + ".".repeat(BAR - full)
        + "] "
        + words(progress);
  }

  private static String words(SnapshotProgress progress) {
    return switch (progress.step()) {
      case REQUESTING -> "asking the producer for a snapshot";
      case PAUSING -> "waiting for the table";
      case LOADING -> loading(progress);
      case BUILDING -> Amount.rows(progress.rowsDone()) + " loaded; building indexes";
      case FINISHING -> Amount.rows(progress.rowsDone()) + " loaded; finishing";
      case DONE ->
          Amount.rows(progress.rowsDone())
              + " applied"
              + (progress.doubt() == null ? "" : ". Incomplete: " + progress.doubt());
    };
  }

  private static String loading(SnapshotProgress progress) {
    long done = progress.rowsDone();
    long expected = progress.rowsExpected();
    long millis = Math.max(1, progress.elapsed().toMillis());
    String rate = Amount.of(done * 1000 / millis) + " rows/s";
    if (expected <= 0) {
      return Amount.rows(done) + ", " + rate;
    }
    String part =
        "%d %%, %s of %s, %s"
            .formatted(done * 100 / expected, Amount.of(done), Amount.rows(expected), rate);
    return done == 0 ? part : part + ", " + left((expected - done) * millis / done);
  }

  private static String left(long millis) {
    long seconds = (millis + 999) / 1000;
    return String.format(Locale.ROOT, "%d:%02d left", seconds / 60, seconds % 60);
  }
}
