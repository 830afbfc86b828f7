package dev.creek.consumer.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import dev.creek.consumer.app.http.LogCounts;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Writes events as long as they do not come too fast, counts all of them, and reports once a second
 * how many were omitted. Warnings and errors have a separate limit, so that many other events never
 * hide them. Thread-safe.
 */
final class LimitedAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {
  private static final long REPORT_MILLIS = 1000;

  private final LogFormat format;
  private final Consumer<String> output;
  private final LogCounts counts;
  private final LongSupplier nanoClock;
  private final RateLimit talk;
  private final RateLimit alarms;
  private final Map<Integer, Long> leftOut = new TreeMap<>();
  private Future<?> nextReport = CompletableFuture.completedFuture(null);

  LimitedAppender(
      double perSecond,
      int burst,
      LogFormat format,
      Consumer<String> output,
      LogCounts counts,
      LongSupplier nanoClock) {
    this.format = format;
    this.output = output;
    this.counts = counts;
    this.nanoClock = nanoClock;
    this.talk = new RateLimit(perSecond, burst, nanoClock.getAsLong());
    this.alarms = new RateLimit(perSecond, burst, nanoClock.getAsLong());
  }

  @Override
  protected void append(ILoggingEvent event) {
    Level level = event.getLevel();
    counts.count(name(level));
    synchronized (leftOut) {
      RateLimit limit = level.isGreaterOrEqual(Level.WARN) ? alarms : talk;
      if (limit.admits(nanoClock.getAsLong())) {
        output.accept(format.format(event));
      } else {
        leaveOut(level);
      }
    }
  }

  private void leaveOut(Level level) {
    if (leftOut.isEmpty()) {
      nextReport =
          getContext()
              .getScheduledExecutorService()
              .schedule(this::report, REPORT_MILLIS, TimeUnit.MILLISECONDS);
    }
    leftOut.merge(level.toInt(), 1L, Long::sum);
  }

  /** Reports the remaining counts. */
  @Override
  public void stop() {
    super.stop();
    report();
  }

  private void report() {
    synchronized (leftOut) {
      nextReport.cancel(false);
      if (leftOut.isEmpty()) {
        return;
      }
      Level highest = Level.toLevel(leftOut.keySet().stream().mapToInt(i -> i).max().orElseThrow());
      String parts =
          leftOut.entrySet().stream()
              .map(entry -> entry.getValue() + " " + name(Level.toLevel(entry.getKey())))
              .collect(Collectors.joining(", "));
      leftOut.clear();
      output.accept(
          format.line(
              System.currentTimeMillis(), highest, "Log lines left out by --log-rate: " + parts));
    }
  }

  /** The Go consumer's spelling. */
  private static String name(Level level) {
    return level.toInt() == Level.WARN_INT ? "warning" : level.toString().toLowerCase(Locale.ROOT);
  }
}
