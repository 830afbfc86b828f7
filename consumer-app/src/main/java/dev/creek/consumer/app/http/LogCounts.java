package dev.creek.consumer.app.http;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Number of logged messages by level, including those that the rate limit suppressed. Thread-safe.
 */
public final class LogCounts {
  /** The levels that the Go consumer counted, in its spelling. */
  private static final List<String> LEVELS = List.of("debug", "info", "warning", "error");

  private final Map<String, LongAdder> byLevel;

  public LogCounts() {
    var counts = new LinkedHashMap<String, LongAdder>();
    LEVELS.forEach(level -> counts.put(level, new LongAdder()));
    byLevel = Collections.unmodifiableMap(counts);
  }

  /** Counts a message; other levels than debug, info, warning and error are not counted. */
  public void count(String level) {
    LongAdder adder = byLevel.get(level);
    if (adder != null) {
      adder.increment();
    }
  }

  /** Messages so far, by level. */
  public Map<String, Long> byLevel() {
    var now = new LinkedHashMap<String, Long>();
    byLevel.forEach((level, count) -> now.put(level, count.sum()));
    return now;
  }
}
