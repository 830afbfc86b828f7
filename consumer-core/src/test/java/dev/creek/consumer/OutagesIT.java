package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresServer;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;

/**
 * Both servers are restarted and killed under load, several times each: the consumer goes on by
 * itself, and the tables are equal.
 */
class OutagesIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final int TABLES = 3;
  private static final int CHANGES = 2500;

  static Stream<Arguments> versions() {
    return Stream.of(
        Arguments.of(13, Generation.NEW, 13L),
        Arguments.of(15, Generation.OLD, 15L),
        Arguments.of(18, Generation.NEW, 18L));
  }

  @ParameterizedTest(name = "PostgreSQL {0}, {1}, seed {2}")
  @MethodSource("versions")
  void survivesBothServersGoingAwayUnderLoad(int version, Generation generation, long seed) {
    try (PostgresServer postgres = PostgresServer.builder().version(version).start();
        NatsServer nats = NatsServer.builder().onDisk().start();
        WirePublisher publisher = WirePublisher.of(nats, generation, "source")) {
      PostgresDatabase database = postgres.createDatabase();
      try (CreekConsumer consumer =
          CreekConsumer.create(
              ConsumerOptions.of(
                  BrokerOptions.builder(nats.uri()).build(), DatabaseOptions.of(database.uri())))) {
        List<Load> loads =
            IntStream.range(0, TABLES).mapToObj(i -> new Load(i, generation, seed + i)).toList();
        loads.forEach(load -> publisher.publishSchema(load.wire));
        loads.forEach(load -> subscribe(consumer, load));
        Disposable running = consumer.run().subscribe();
        AtomicLong published = new AtomicLong();
        CompletableFuture<Void> publishing =
            CompletableFuture.runAsync(() -> publish(publisher, loads, published));

        List<Runnable> outages =
            List.of(
                nats::restart,
                postgres::restart,
                () -> killAndStart(nats),
                () -> killAndStart(postgres));
        for (int i = 0; i < outages.size(); i++) {
          long due = CHANGES * (i + 1L) / (outages.size() + 1);
          Awaitility.await().atMost(PATIENCE).until(() -> published.get() >= due);
          outages.get(i).run();
        }
        publishing.join();
        awaitEqual(database, loads);
        consumer.stop(Duration.ofSeconds(10)).block(PATIENCE);
        assertThat(running.isDisposed()).isTrue();
      }
    }
  }

  private static void subscribe(CreekConsumer consumer, Load load) {
    assertThat(consumer.tables().create(load.mapping).block(PATIENCE)).isTrue();
    consumer.tables().add(load.mapping).block(PATIENCE);
  }

  private static void publish(WirePublisher publisher, List<Load> loads, AtomicLong published) {
    Random random = new Random(loads.size());
    for (int i = 0; i < CHANGES; i++) {
      loads.get(random.nextInt(loads.size())).publishOne(publisher);
      published.incrementAndGet();
    }
  }

  private static void killAndStart(NatsServer nats) {
    nats.kill();
    nats.start();
  }

  private static void killAndStart(PostgresServer postgres) {
    postgres.kill();
    postgres.start();
  }

  private static void awaitEqual(PostgresDatabase database, List<Load> loads) {
    Awaitility.await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              for (Load load : loads) {
                assertThat(
                        database.query(
                            "select id, version from " + load.mapping.target() + " order by id"))
                    .as(load.mapping.toString())
                    .isEqualTo(load.expected());
              }
            });
  }

  /** Inserts, updates and deletes of one table. */
  private static final class Load {
    final TableWire wire;
    final Mapping mapping;
    private final Random random;
    private final Map<Integer, Long> rows = new TreeMap<>();
    private long transaction;

    Load(int number, Generation generation, long seed) {
      this.wire =
          TableWire.of("app", "t" + number)
              .generation(generation)
              .column("id", "int4", TableWire.Flag.KEY)
              .column("version", "int8");
      this.mapping = new Mapping(wire.source(), new TargetTable("copy", "t" + number));
      this.random = new Random(seed);
    }

    void publishOne(WirePublisher publisher) {
      WalTx tx = WalTx.of(++transaction);
      int id = random.nextInt(100);
      Long before = rows.get(id);
      if (before == null) {
        publisher.publishSurely(wire.source(), wire.insert(tx, id, transaction));
        rows.put(id, transaction);
      } else if (random.nextInt(4) == 0) {
        publisher.publishSurely(wire.source(), wire.delete(tx, wire.row(id, before)));
        rows.remove(id);
      } else {
        publisher.publishSurely(
            wire.source(), wire.update(tx, wire.row(id, before), wire.row(id, transaction)));
        rows.put(id, transaction);
      }
    }

    List<List<String>> expected() {
      List<List<String>> expected = new ArrayList<>();
      rows.forEach((id, version) -> expected.add(List.of(id.toString(), version.toString())));
      return expected;
    }
  }
}
