package dev.creek.consumer.app.http;

import dev.creek.consumer.api.PoolUse;
import dev.creek.consumer.api.Reachability;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.TargetTable;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot.UnknownDataPointSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * All metrics as text, in the requested format. The metrics library is loaded with the first
 * request. Thread-safe; a call takes a moment and must not run on an event loop.
 */
final class Exposition {
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";
  private static final String WAL = "wal";
  private static final String SNAP = "snap";

  private final Meters meters;
  private final Build build;
  private @Nullable PrometheusMeterRegistry registry;
  private volatile Reachability reached = new Reachability("", "");
  private volatile PoolUse pool = new PoolUse(0, 0, 0, 0);

  Exposition(Meters meters, Build build) {
    this.meters = meters;
    this.build = build;
  }

  /** The content type of the answer. */
  static String type(@Nullable String accept) {
    return accept != null && accept.contains("application/openmetrics-text") ? OPEN_METRICS : TEXT;
  }

  /**
   * The current metrics.
   *
   * @param type from {@link #type}
   */
  synchronized String scrape(String type, Reachability servers, PoolUse connections) {
    reached = servers;
    pool = connections;
    PrometheusMeterRegistry known = registry;
    if (known == null) {
      known = registry();
      registry = known;
    }
    return known.scrape(type);
  }

  private PrometheusMeterRegistry registry() {
    var created = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    for (MeterBinder binder :
        List.of(
            new JvmMemoryMetrics(),
            new JvmGcMetrics(),
            new JvmThreadMetrics(),
            new ClassLoaderMetrics(),
            new ProcessorMetrics(),
            new UptimeMetrics(),
            new FileDescriptorMetrics())) {
      binder.bindTo(created);
    }
    created.getPrometheusRegistry().register((MultiCollector) this::collect);
    return created;
  }

  private MetricSnapshots collect() {
    List<MetricSnapshot> all = new ArrayList<>(new TableSamples(meters.tables()).all());
    all.add(pgInserts());
    all.add(logMessages());
    all.addAll(service());
    all.addAll(batches());
    all.addAll(connections());
    all.addAll(snapshots());
    all.add(counted("creek_consumer_commands", "Commands carried out.", "verb", meters.commands()));
    return MetricSnapshots.of(all.toArray(MetricSnapshot[]::new));
  }

  /**
   * The Go consumer's one counter, with its name, labels and meaning: changes of any kind, tables
   * without their database. A counter's name would have to end in _total, so it is written as
   * untyped.
   */
  private MetricSnapshot pgInserts() {
    var snapshot =
        UnknownSnapshot.builder()
            .name("creek_consumer_pg_inserts")
            .help("total numbers of row into postgres from creek streams");
    meters
        .tables()
        .forEach(
            table ->
                snapshot.dataPoint(goPoint(WAL, table.source(), table.target(), table.changes())));
    meters
        .snapshots()
        .forEach(
            (target, snap) ->
                snapshot.dataPoint(goPoint(SNAP, snap.source(), target, snap.rows())));
    return snapshot.build();
  }

  private static UnknownDataPointSnapshot goPoint(
      String stream, String source, String target, long value) {
    SourceTable from = SourceTable.parse(source);
    TargetTable to = TargetTable.parse(target);
    return UnknownDataPointSnapshot.builder()
        .labels(
            Labels.of(
                "creek_pg_source",
                from.namespace() + "." + from.table(),
                "creek_pg_target",
                to.namespace() + "." + to.table(),
                "creek_stream_type",
                stream))
        .value((double) value)
        .build();
  }

  private MetricSnapshot logMessages() {
    var samples = new Samples("log_messages", "Total number of log messages.");
    meters.logCounts().byLevel().forEach((level, count) -> samples.add(count, "level", level));
    return samples.counter();
  }

  private List<MetricSnapshot> service() {
    return List.of(
        new Samples("creek_consumer_build", "Versions.")
            .add(1, "version", build.version(), "java", build.java())
            .info(),
        new Samples("creek_consumer_tables_owned", "Tables that this instance handles.")
            .add(meters.tables().size())
            .gauge(),
        new Samples("creek_consumer_broker_up", "1 while the broker can be reached.")
            .add(reached.brokerTrouble() == null ? 1 : 0)
            .gauge(),
        new Samples(
                "creek_consumer_database_up",
                "1 while the target database answers and the control schema fits.")
            .add(reached.databaseTrouble() == null ? 1 : 0)
            .gauge());
  }

  private List<MetricSnapshot> batches() {
    return List.of(
        meters
            .batchRows()
            .snapshot("creek_consumer_batch_rows", "Number of changes in each write."),
        meters
            .batchBytes()
            .snapshot("creek_consumer_batch_bytes", "Bytes of the messages in each write."),
        meters
            .batchSeconds()
            .snapshot(
                "creek_consumer_batch_duration_seconds",
                "Time that the database took for each write."));
  }

  private List<MetricSnapshot> connections() {
    return List.of(
        new Samples("creek_consumer_pool_connections", "Database connections that are open.")
            .add(pool.inUse(), "state", "used")
            .add(Math.max(0, pool.open() - pool.inUse()), "state", "idle")
            .gauge(),
        new Samples(
                "creek_consumer_pool_connections_max", "Maximum number of database connections.")
            .add(pool.most())
            .gauge(),
        new Samples("creek_consumer_pool_waiting", "Statements that wait for a connection.")
            .add(pool.waiting())
            .gauge());
  }

  private List<MetricSnapshot> snapshots() {
    return List.of(
        running(
            "creek_consumer_snapshot_rows_done",
            "Rows written of the snapshot that is being applied.",
            SnapshotMeter.Running::rowsDone),
        running(
            "creek_consumer_snapshot_rows_expected",
            "Expected rows of the snapshot that is being applied; -1 if unknown.",
            SnapshotMeter.Running::rowsExpected),
        counted(
            "creek_consumer_snapshots", "Snapshots that ended.", "mode", meters.endedSnapshots()));
  }

  private MetricSnapshot running(
      String name, String help, ToDoubleFunction<SnapshotMeter.Running> value) {
    var samples = new Samples(name, help);
    meters
        .snapshots()
        .forEach(
            (target, snapshot) -> {
              SnapshotMeter.Running now = snapshot.running();
              if (now != null) {
                samples.add(value.applyAsDouble(now), "target", target);
              }
            });
    return samples.gauge();
  }

  private static MetricSnapshot counted(
      String name, String help, String label, Map<Meters.Counted, LongAdder> counts) {
    var samples = new Samples(name, help);
    counts.forEach(
        (counted, count) ->
            samples.add(count.sum(), label, counted.what(), "result", counted.result()));
    return samples.counter();
  }
}
