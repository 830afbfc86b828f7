package dev.creek.consumer.app.http;

import dev.creek.consumer.api.MetricsRecorder.Backlog.Certainty;
import java.time.Duration;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Logs a summary line once a minute, so that a log without problems still shows that the service
 * runs. Not thread-safe: one at a time.
 */
public final class MinuteSummary {
  private static final Logger log = LoggerFactory.getLogger(MinuteSummary.class);
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final Meters meters;
  private final Map<String, Long> totals = new TreeMap<>();

  MinuteSummary(Meters meters) {
    this.meters = meters;
  }

  /** Writes until it is cancelled. */
  public static Mono<Void> run(Meters meters) {
    return Flux.defer(
            () -> {
              var summary = new MinuteSummary(meters);
              return Flux.interval(MINUTE).onBackpressureDrop().doOnNext(minute -> summary.write());
            })
        .then();
  }

  void write() {
    long changes = changes();
    long pending = meters.tables().stream().mapToLong(t -> t.backlog().pendingMessages()).sum();
    var furthest =
        meters.tables().stream()
            .filter(table -> table.backlog().lagCertainty() == Certainty.KNOWN)
            .max(Comparator.comparing(table -> table.backlog().lag()));
    Duration lag = furthest.map(table -> table.backlog().lag()).orElse(Duration.ZERO);
    long unknown = meters.tables().stream().filter(MinuteSummary::isUnknown).count();
    log.atInfo()
        .addKeyValue("tables", meters.tables().size())
        .addKeyValue("changes", changes)
        .addKeyValue("pending", pending)
        .addKeyValue("lag_ms", lag.toMillis())
        .addKeyValue("unknown", unknown)
        .log(
            "{}; {} changes in the last minute, {}",
            states(),
            changes,
            behind(pending, furthest.map(TableMeter::target).orElse("-"), lag, unknown));
  }

  private static boolean isUnknown(TableMeter table) {
    return table.backlog().lagCertainty() != Certainty.KNOWN
        || table.backlog().pendingCertainty() != Certainty.KNOWN;
  }

  private static String behind(long pending, String furthest, Duration lag, long unknown) {
    String rest =
        unknown == 0
            ? ""
            : "%d %s cannot be read just now, so the pending messages are not known"
                .formatted(unknown, unknown == 1 ? "table" : "tables");
    String known =
        lag.isZero()
            ? "nothing pending"
            : "%,d messages pending, %s is %s s behind".formatted(pending, furthest, seconds(lag));
    if (unknown == 0) {
      return known;
    }
    return pending == 0 && lag.isZero() ? rest : "at least " + known + "; " + rest;
  }

  /** Changes since the last line; a table that came since then counts from its beginning. */
  private long changes() {
    long sum = 0;
    var now = new TreeMap<String, Long>();
    for (TableMeter table : meters.tables()) {
      long total = table.changes();
      now.put(table.target(), total);
      sum += Math.max(0, total - totals.getOrDefault(table.target(), 0L));
    }
    totals.clear();
    totals.putAll(now);
    return sum;
  }

  private String states() {
    Map<String, Long> counts =
        meters.tables().stream()
            .collect(
                Collectors.groupingBy(
                    table -> table.shown().state(), TreeMap::new, Collectors.counting()));
    return counts.isEmpty()
        ? "no tables here"
        : counts.entrySet().stream()
            .map(count -> count.getValue() + " " + count.getKey())
            .collect(Collectors.joining(", ", "tables: ", ""));
  }

  private static String seconds(Duration lag) {
    return String.format(Locale.ROOT, "%.1f", lag.toMillis() / 1000.0);
  }
}
