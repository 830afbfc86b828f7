package dev.creek.consumer.app.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.ConsumerOptions;
import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.app.testing.ServiceProcess;
import dev.creek.consumer.control.Mapping;
import dev.creek.consumer.jetstream.JetStreamOptions;
import dev.creek.consumer.postgres.PostgresOptions;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresServer;
import dev.creek.consumer.testing.producer.Defect;
import dev.creek.consumer.testing.producer.TestProducer;
import dev.creek.consumer.testing.workload.EffectLog;
import dev.creek.consumer.testing.workload.RandomWorkload;
import dev.creek.consumer.wire.Generation;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Source, producer, broker, the packaged service and target, each to be ended and started again at
 * will, under a random workload. Everything keeps its address.
 */
final class Installation implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Short lives: better code would not pay off. */
  private static final String[] JVM = {"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m"};

  /** Small, so that messages of several packets are nothing special. */
  private static final int MAX_PAYLOAD = 32_768;

  private static final int IN_FLIGHT = 256;

  private final Deque<AutoCloseable> running = new ArrayDeque<>();
  private final PostgresServer sourceServer;
  private final PostgresServer targetServer;
  private final PostgresDatabase source;
  private final PostgresDatabase target;
  private final NatsServer nats;
  private final TestProducer producer;
  private final RandomWorkload workload;
  private final EffectLog changes;
  private final EffectLog effects;
  private @Nullable ServiceProcess service;

  /**
   * Everything but the service runs when it returns.
   *
   * @param which of the workload's tables
   */
  Installation(Generation generation, long seed, UnaryOperator<RandomWorkload.Builder> which) {
    try {
      sourceServer = keep(PostgresServer.builder().start());
      targetServer = keep(PostgresServer.builder().start());
      nats = keep(NatsServer.builder().maxPayload(MAX_PAYLOAD).start());
      source = sourceServer.createDatabase("source");
      target = targetServer.createDatabase("target");
      workload = keep(which.apply(RandomWorkload.of(source, seed).follow(target)).build());
      workload.createSource();
      workload.createTarget(target);
      changes = EffectLog.install(source, workload.versionedTables());
      effects = EffectLog.install(target, workload.versionedTables());
      producer =
          keep(
              TestProducer.builder()
                  .source(source.uri())
                  .tables(workload.tables().toArray(String[]::new))
                  .nats(nats.uri())
                  .generation(generation)
                  .inFlight(IN_FLIGHT)
                  .defects(Defect.DUPLICATE_AFTER_RESTART)
                  .start());
      subscribe();
      watchPositions();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private <T extends AutoCloseable> T keep(T started) {
    running.push(started);
    return started;
  }

  private void subscribe() {
    ConsumerOptions options =
        ConsumerOptions.of(
            JetStreamOptions.builder(nats.uri()).build(), PostgresOptions.of(target.uri()));
    try (CreekConsumer consumer = CreekConsumer.create(options)) {
      for (String table : workload.tables()) {
        Mapping mapping = Mapping.parse("source.%1$s:%1$s".formatted(table));
        consumer.addTable(mapping).block(PATIENCE);
      }
    }
  }

  private void watchPositions() {
    target.execute(
        "create table effects.setbacks (target text, was bigint, now bigint)",
        """
        create function effects.watch() returns trigger language plpgsql as $$
        begin
          if new.stream_seq < old.stream_seq then
            insert into effects.setbacks values (new.target, old.stream_seq, new.stream_seq);
          end if;
          return new;
        end $$""",
        "create trigger watch after update on _creek_consumer.subscriptions for each row execute function effects.watch()");
  }

  PostgresServer sourceServer() {
    return sourceServer;
  }

  PostgresServer targetServer() {
    return targetServer;
  }

  NatsServer nats() {
    return nats;
  }

  TestProducer producer() {
    return producer;
  }

  RandomWorkload workload() {
    return workload;
  }

  ServiceProcess service() {
    if (service == null) {
      throw new IllegalStateException("the service does not run");
    }
    return service;
  }

  void startService() {
    closeService();
    service =
        ServiceProcess.of("serve")
            .environment("NATS_URI", nats.uri())
            .environment("DB_URI", target.uri() + "?connect_timeout=60")
            .environment("PROMETHEUS_PORT", "off")
            .jvmOptions(JVM)
            .start();
  }

  private void closeService() {
    if (service != null) {
      service.close();
      service = null;
    }
  }

  /** Messages applied so far: how far all tables are, together. */
  long applied() {
    return Long.parseLong(
        target.value("select coalesce(sum(stream_seq), 0) from _creek_consumer.subscriptions"));
  }

  /** Waits until the tables are so much further. */
  void awaitProgress(long messages) {
    long due = applied() + messages;
    await()
        .atMost(PATIENCE)
        .failFast("the service has ended", () -> !service().isAlive())
        .until(() -> applied() >= due);
  }

  /** Holds at rest: the target is what the source is, and nothing took effect twice. */
  void assertEqual() {
    producer.awaitCaughtUp(PATIENCE);
    assertThat(
            workload.comparison(target).awaitEqual(PATIENCE).stream()
                .filter(table -> !table.equal()))
        .as(this::situation)
        .isEmpty();
    assertThat(producer.drops()).isEmpty();
    assertThat(effects.unexplained(workload.versionedTables())).isEmpty();
    assertThat(target.query("select * from effects.setbacks")).as("positions went back").isEmpty();
    List<String> insertOnly = workload.insertOnlyTables();
    if (!insertOnly.isEmpty()) {
      assertThat(effects.repeated(insertOnly)).isEmpty();
      assertThat(effects.sum(insertOnly)).isEqualTo(changes.sum(insertOnly));
    }
  }

  /** Where nothing was published twice, not even rows with a key were written twice. */
  void assertEachEffectOnce() {
    assertThat(effects.repeated(workload.versionedTables())).isEmpty();
  }

  private String situation() {
    return "%s%n%s"
        .formatted(
            target.query(
                "select concat_ws(' | ', target, state, reason, hint) from _creek_consumer.subscriptions where reason is not null"),
            service == null ? "" : service.logTail());
  }

  @Override
  public void close() {
    closeService();
    while (!running.isEmpty()) {
      try {
        running.pop().close();
      } catch (Exception e) {
        throw new IllegalStateException("could not be ended: " + e.getMessage(), e);
      }
    }
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "applied %,d, committed %,d", applied(), workload.committed());
  }
}
