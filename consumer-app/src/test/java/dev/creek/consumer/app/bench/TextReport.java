package dev.creek.consumer.app.bench;

import java.util.Locale;
import java.util.OptionalDouble;

/** For the terminal. */
final class TextReport {
  private TextReport() {}

  /** One run. */
  static String line(Measured run) {
    StringBuilder line = new StringBuilder();
    append(line, " %7.2f s", run.value(Metric.SECONDS), 1);
    append(line, " %8.0f/s", run.value(Metric.CHANGES_PER_SECOND), 1);
    append(line, "  first %.2f s", run.value(Metric.FIRST_ROW_SECONDS), 1);
    append(line, "  cpu: consumer %.2f", run.value(Metric.CONSUMER_CPU), 1);
    append(line, " target %.2f", run.value(Metric.TARGET_CPU), 1);
    append(line, " source %.2f", run.value(Metric.SOURCE_CPU), 1);
    append(line, " nats %.2f", run.value(Metric.BROKER_CPU), 1);
    append(line, "  rss %.0f MB", run.value(Metric.PEAK_RSS_BYTES), 1e6);
    append(line, "  %.0f B/change", run.value(Metric.ALLOCATED_BYTES), 1);
    append(line, "  p50 %.2f", run.value(Metric.P50_MILLIS), 1);
    append(line, " p90 %.2f", run.value(Metric.P90_MILLIS), 1);
    append(line, " p99 %.2f", run.value(Metric.P99_MILLIS), 1);
    append(line, " p99.9 %.2f", run.value(Metric.P999_MILLIS), 1);
    append(line, " max %.2f ms", run.value(Metric.MAX_MILLIS), 1);
    return line.toString();
  }

  private static void append(StringBuilder line, String format, OptionalDouble value, double unit) {
    if (value.isPresent()) {
      line.append(String.format(Locale.ROOT, format, value.getAsDouble() / unit));
    }
  }
}
