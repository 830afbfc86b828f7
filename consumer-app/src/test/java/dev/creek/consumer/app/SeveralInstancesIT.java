package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.ConsumerOptions;
import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.app.testing.ServiceProcess;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Three services share thirty tables under load. One is killed, one stalls and wakes up again, one
 * is asked to end, all are replaced one by one: each table has one owner at any time, and a trigger
 * on the target sees each change once.
 */
@Tag("long")
final class SeveralInstancesIT {
  private static final int TABLES = 30;

  /** What is promised for tables of an owner that died or stalled. */
  private static final Duration MOVE_LIMIT = Duration.ofSeconds(10);

  private static final Duration PATIENCE = Patience.LIMIT;
  private static final Duration BETWEEN_CHANGES = Duration.ofMillis(4);

  private static final String OWNERS =
      "select owner, count(*) from _creek_consumer.subscriptions group by owner";

  @RegisterExtension private static final PostgresExtension POSTGRES = PostgresExtension.own();
  @RegisterExtension private final NatsExtension natsExtension = NatsExtension.own();

  private final List<TableWire> tables =
      IntStream.range(0, TABLES)
          .mapToObj(
              i ->
                  TableWire.of("app", "t" + i)
                      .generation(Generation.NEW)
                      .column("id", "int4", TableWire.Flag.KEY)
                      .column("note", "text"))
          .toList();

  private final List<ServiceProcess> started = new ArrayList<>();
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private PostgresDatabase target;
  private NatsServer nats;
  private WirePublisher publisher;
  private final AtomicInteger published = new AtomicInteger();

  @BeforeEach
  void subscribe(PostgresDatabase database, NatsServer server) {
    target = database;
    nats = server;
    publisher = WirePublisher.of(nats, Generation.NEW, "source");
    target.execute(
        "create schema copy",
        "create table copy.effects (name text, id int)",
        """
        create function copy.log() returns trigger language plpgsql as $$
        begin
          insert into copy.effects values (tg_table_name, new.id);
          return new;
        end $$""");
    try (CreekConsumer consumer =
        CreekConsumer.create(
            ConsumerOptions.of(
                BrokerOptions.builder(nats.uri()).build(),
                DatabaseOptions.of(target.patientUri())))) {
      for (TableWire table : tables) {
        String name = table.source().table();
        target.execute(
            "create table copy.%s (id int primary key, note text)".formatted(name),
            "create trigger log after insert or update on copy.%s for each row execute function copy.log()"
                .formatted(name));
        publisher.publishSchema(table);
        consumer
            .tables()
            .add(new Mapping(table.source(), new TargetTable("copy", name)))
            .block(PATIENCE);
      }
    }
  }

  @AfterEach
  void end() {
    clock.shutdownNow();
    started.forEach(ServiceProcess::close);
    publisher.close();
  }

  @Test
  void shareTablesMoveThemWithinSecondsAndApplyEachChangeOnce() throws Exception {
    ServiceProcess one = serve();
    ServiceProcess two = serve();
    ServiceProcess three = serve();
    awaitSpreadOver(3, PATIENCE);
    ScheduledFuture<?> load =
        clock.scheduleWithFixedDelay(
            this::publishOne, 0, BETWEEN_CHANGES.toMillis(), TimeUnit.MILLISECONDS);

    one.kill();
    Duration killed = awaitSpreadOver(2, MOVE_LIMIT);
    awaitAllKeepUp();

    two.pause();
    Duration stalled = awaitSpreadOver(1, MOVE_LIMIT);
    awaitAllKeepUp();
    two.resume();
    awaitSpreadOver(2, PATIENCE);
    awaitAllKeepUp();

    ServiceProcess four = serve();
    awaitSpreadOver(3, PATIENCE);
    for (ServiceProcess old : List.of(three, two, four)) {
      assertThat(old.terminate(PATIENCE)).as(old.logTail()).isZero();
      awaitSpreadOver(2, MOVE_LIMIT);
      serve();
      awaitSpreadOver(3, PATIENCE);
    }
    awaitAllKeepUp();
    load.cancel(false);
    clock.shutdown();
    assertThat(clock.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    publisher.flush();

    await().atMost(PATIENCE).until(() -> effects() >= published.get());
    assertThat(
            target.query(
                "select name, id, count(*) from copy.effects group by name, id having count(*) > 1"))
        .as("changes that took effect twice")
        .isEmpty();
    assertThat(effects()).isEqualTo(published.get());
    System.out.printf(
        "%d changes; tables of a killed owner moved in %d ms, of a stalled one in %d ms%n",
        published.get(), killed.toMillis(), stalled.toMillis());
  }

  private ServiceProcess serve() {
    ServiceProcess service =
        ServiceProcess.of("serve")
            .jvmOptions("-Xmx96m")
            .environment("NATS_URI", nats.uri())
            .environment("DB_URI", target.patientUri())
            .environment("PROMETHEUS_PORT", "off")
            .start();
    started.add(service);
    return service;
  }

  private void publishOne() {
    int number = published.get();
    TableWire table = tables.get(number % TABLES);
    int id = number / TABLES;
    publisher.publish(table.source(), table.insert(WalTx.of(number), id, "note " + id));
    published.set(number + 1);
  }

  /** Waits until so many instances own all tables between them; how long that took. */
  private Duration awaitSpreadOver(int instances, Duration limit) {
    long begin = System.nanoTime();
    await(instances + " instances own all tables")
        .atMost(limit)
        .pollInterval(Duration.ofMillis(100))
        .until(this::owners, owners -> isSpreadOver(instances, owners));
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  /** With three instances one has fewer than two of thirty tables in one run of four thousand. */
  private static boolean isSpreadOver(int instances, Map<String, Integer> owners) {
    return owners.size() == instances
        && !owners.containsKey(null)
        && owners.values().stream().allMatch(count -> count >= 2);
  }

  private Map<String, Integer> owners() {
    Map<String, Integer> owners = new LinkedHashMap<>();
    target.query(OWNERS).forEach(row -> owners.put(row.get(0), Integer.valueOf(row.get(1))));
    return owners;
  }

  /** Waits until what has been published by now is there, of every table. */
  private void awaitAllKeepUp() {
    int now = published.get();
    await("all tables keep up").atMost(PATIENCE).until(() -> effects() >= now);
  }

  private int effects() {
    return Integer.parseInt(target.value("select count(*) from copy.effects"));
  }
}
