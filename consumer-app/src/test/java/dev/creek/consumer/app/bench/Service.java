package dev.creek.consumer.app.bench;

import dev.creek.consumer.ConsumerOptions;
import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.app.testing.ServiceProcess;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.Scratch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import reactor.core.publisher.Flux;

/**
 * The installed service: the launcher with the JVM options that it ships with and the archive of
 * its classes, and nothing else but a log of its collector.
 */
final class Service implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Pattern CONNECTED = Pattern.compile("connected to NATS");
  private static final int ADDED_AT_ONCE = 1_000;
  private static final long POLL_NANOS = 5_000_000;

  private final PostgresDatabase target;
  private final Path folder;
  private final ServiceProcess process;
  private final CreekConsumer control;

  private Service(
      PostgresDatabase target, Path folder, ServiceProcess process, CreekConsumer control) {
    this.target = target;
    this.folder = folder;
    this.process = process;
    this.control = control;
  }

  /** Starts it and returns at once. */
  static Service start(Rig rig, PostgresDatabase target) {
    Path folder = Scratch.onDisk("gc");
    ServiceProcess process =
        ServiceProcess.of("serve")
            .installed(rig.installation())
            .environment("NATS_URI", rig.nats().uri())
            .environment("DB_URI", target.patientUri())
            .environment("BROKER_READER", rig.options().reader().name())
            .environment("GROUPING", rig.options().grouping().name())
            .environment("PROMETHEUS_PORT", "off")
            .environment(
                "JDK_JAVA_OPTIONS",
                (GcLog.option(folder.resolve("log")) + " " + rig.options().jvm()).strip())
            .start();
    return new Service(target, folder, process, control(rig, target));
  }

  /** Subscribes as the command line does, without the time that another JVM takes. */
  static CreekConsumer control(Rig rig, PostgresDatabase target) {
    CreekConsumer control =
        CreekConsumer.create(
            ConsumerOptions.of(
                BrokerOptions.builder(rig.nats().uri()).build(),
                DatabaseOptions.of(target.patientUri())));
    control.initialize().block(LIMIT);
    return control;
  }

  /** Waits until it is connected to both servers and waits for subscriptions. */
  Service awaitIdle() {
    process.awaitLog(CONNECTED, LIMIT);
    while (target
        .query("select from pg_stat_activity where query ilike 'listen creek_consumer%'")
        .isEmpty()) {
      check();
      LockSupport.parkNanos(POLL_NANOS);
    }
    return this;
  }

  void subscribe(Dataset dataset) {
    subscribe(control, dataset);
  }

  /** By the function in the target's database. */
  void applySnapshot(Dataset dataset, Input.Published snapshot) {
    target.execute(
        "select _creek_consumer.apply_snapshot('%s', '%s', '%s')"
            .formatted(snapshot.topic(), mappings(dataset).get(0), snapshot.mode().sql()));
  }

  static void subscribe(CreekConsumer control, Dataset dataset) {
    Flux.fromIterable(mappings(dataset))
        .flatMap(control.tables()::add, ADDED_AT_ONCE)
        .then()
        .block(LIMIT);
  }

  static List<Mapping> mappings(Dataset dataset) {
    return dataset.tables().stream()
        .map(table -> Mapping.parse("%s.public.%2$s:public.%2$s".formatted(dataset.name(), table)))
        .toList();
  }

  /**
   * Throws where it cannot go on.
   *
   * @throws IllegalStateException with the log's tail
   */
  void check() {
    boolean troubled =
        !target
            .query(
                """
                select from _creek_consumer.subscriptions
                where state in ('failed', 'gap', 'waiting') and reason is not null
                union all
                select from _creek_consumer._notification_log
                where status not in ('queued', 'running', 'ok')""")
            .isEmpty();
    if (troubled || !process.isAlive()) {
      throw new IllegalStateException("the service cannot go on:\n" + process.logTail());
    }
  }

  /** Processor seconds so far; NaN where the system does not tell. */
  double cpuSeconds() {
    return ProcessTree.cpuSeconds(OptionalLong.of(process.pid())).orElse(Double.NaN);
  }

  /**
   * Ends it, and adds to a run what can be told of its memory.
   *
   * @param changes how many it has applied; 0 where garbage is of no interest
   */
  Measured end(Measured run, long changes) {
    OptionalLong peak = ProcessTree.peakRssBytes(process.pid());
    int exitCode = process.terminate(LIMIT);
    if (exitCode != 0) {
      throw new IllegalStateException(
          "the service ended with exit code %d:%n%s".formatted(exitCode, process.logTail()));
    }
    OptionalDouble allocated = GcLog.allocatedBytes(folder.resolve("log"));
    Measured measured =
        allocated.isPresent() && changes > 0
            ? run.with(Metric.ALLOCATED_BYTES, allocated.getAsDouble() / changes)
            : run;
    return peak.isPresent()
        ? measured.with(Metric.PEAK_RSS_BYTES, (double) peak.getAsLong())
        : measured;
  }

  @Override
  public void close() {
    control.close();
    process.close();
    Scratch.remove(folder);
  }
}
