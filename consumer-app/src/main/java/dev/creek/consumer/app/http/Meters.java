package dev.creek.consumer.app.http;

import dev.creek.consumer.control.TargetTable;
import dev.creek.consumer.metrics.Recorder;
import dev.creek.consumer.wire.SourceTable;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Counts for Prometheus. Counting is a map look-up and an add; the metrics library is loaded when
 * somebody first asks. Metrics of a table that is no longer handled disappear. Thread-safe.
 */
public final class Meters implements Recorder {
  private record Table(String source, String target) {}

  private final Map<Table, LongAdder> applied = new ConcurrentHashMap<>();
  private final Sinks.Empty<Void> firstApplied = Sinks.empty();
  private final LogCounts logCounts;
  private @Nullable PrometheusMeterRegistry registry;

  public Meters(LogCounts logCounts) {
    this.logCounts = logCounts;
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
    applied
        .computeIfAbsent(new Table(source, target), table -> new LongAdder())
        .add(inserts + updates + deletes + truncates);
    firstApplied.tryEmitEmpty();
  }

  @Override
  public void removed(String target) {
    applied.keySet().removeIf(table -> table.target().equals(target));
  }

  /** Completes when the first change has been applied. */
  Mono<Void> firstApplied() {
    return firstApplied.asMono();
  }

  /** All metrics in Prometheus' text format. */
  public synchronized String scrape() {
    PrometheusMeterRegistry known = registry;
    if (known == null) {
      known = registry();
      registry = known;
    }
    return known.scrape();
  }

  private PrometheusMeterRegistry registry() {
    var created = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    logCounts
        .byLevel()
        .forEach(
            (level, count) ->
                FunctionCounter.builder("log.messages", count, LongAdder::sum)
                    .description("Total number of log messages.")
                    .tag("level", level)
                    .register(created));
    created.getPrometheusRegistry().register(this::pgInserts);
    return created;
  }

  /**
   * The Go consumer's one counter, in its name, labels and meaning: changes of any kind, tables
   * without their database. A registered counter's name would have to end in _total, so it goes as
   * untyped.
   */
  private MetricSnapshot pgInserts() {
    var snapshot =
        UnknownSnapshot.builder()
            .name("creek_consumer_pg_inserts")
            .help("total numbers of row into postgres from creek streams");
    applied.forEach(
        (table, count) ->
            snapshot.dataPoint(
                UnknownSnapshot.UnknownDataPointSnapshot.builder()
                    .labels(
                        Labels.of(
                            "creek_pg_source", withoutDatabase(table.source()),
                            "creek_pg_target", plain(table.target()),
                            "creek_stream_type", "wal"))
                    .value((double) count.sum())
                    .build()));
    return snapshot.build();
  }

  private static String withoutDatabase(String source) {
    SourceTable table = SourceTable.parse(source);
    return table.namespace() + "." + table.table();
  }

  private static String plain(String target) {
    TargetTable table = TargetTable.parse(target);
    return table.namespace() + "." + table.table();
  }
}
