package dev.creek.consumer.app.demo;

import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Shows samples as they come, and the words between them. */
interface View extends AutoCloseable {

  /** The best one for the terminal. */
  static View on(Terminal terminal) {
    return terminal.interactive() ? new LiveView(terminal) : new LineView(terminal);
  }

  void show(Sample sample);

  /** Leaves the terminal as it was, below what was shown. */
  @Override
  void close();

  /** {@code 3,021}. */
  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** {@code 1:05}. */
  static String clock(Duration elapsed) {
    return String.format(Locale.ROOT, "%d:%02d", elapsed.toMinutes(), elapsed.toSecondsPart());
  }

  /** {@code 3 ms}, {@code 1.5 s}; a dash for null. */
  static String latency(@Nullable Duration lag) {
    if (lag == null) {
      return "-";
    }
    // Clocks of two servers on one machine may differ by some microseconds.
    long millis = Math.max(0, Math.round(lag.toNanos() / 1e6));
    return millis < 1000 ? millis + " ms" : String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
  }
}
