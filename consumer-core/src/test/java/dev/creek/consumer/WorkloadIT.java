package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.BrokerOptions.Reader;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.testing.ComparedTable;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresServer;
import dev.creek.consumer.testing.producer.TestProducer;
import dev.creek.consumer.testing.workload.EffectLog;
import dev.creek.consumer.testing.workload.RandomWorkload;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;

/**
 * Random transactions on a source, its changes on the wire of either generation, and the consumer:
 * at rest the target holds what the source holds, and each change took effect once, whatever the
 * versions of the two.
 *
 * <p>{@code -Dcreek.test.seed=…} runs another seed, {@code -Dcreek.test.transactions=…} more.
 */
final class WorkloadIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final int TRANSACTIONS = Integer.getInteger("creek.test.transactions", 300);

  /** Small, so that messages of several packets are nothing special. */
  private static final int MAX_PAYLOAD = 32_768;

  private static final Map<Integer, PostgresServer> SERVERS = new HashMap<>();

  @AfterAll
  static void endServers() {
    SERVERS.values().forEach(PostgresServer::close);
    SERVERS.clear();
  }

  private static PostgresServer server(int version) {
    return SERVERS.computeIfAbsent(version, v -> PostgresServer.builder().version(v).start());
  }

  static Stream<Arguments> workloads() {
    return Stream.of(
            Arguments.of(Generation.OLD, 17, 17, 1L, Reader.DIRECT),
            Arguments.of(Generation.NEW, 17, 17, 2L, Reader.DIRECT),
            Arguments.of(Generation.OLD, 13, 18, 3L, Reader.DIRECT),
            Arguments.of(Generation.NEW, 13, 18, 4L, Reader.DIRECT),
            Arguments.of(Generation.OLD, 18, 13, 5L, Reader.DIRECT),
            Arguments.of(Generation.NEW, 18, 13, 6L, Reader.DIRECT),
            Arguments.of(Generation.OLD, 17, 17, 7L, Reader.CLIENT),
            Arguments.of(Generation.NEW, 17, 17, 8L, Reader.CLIENT))
        .map(
            arguments -> {
              Object[] values = arguments.get();
              values[3] = Long.getLong("creek.test.seed", (Long) values[3]);
              return Arguments.of(values);
            });
  }

  @ParameterizedTest(name = "{0} from PostgreSQL {1} to {2}, seed {3}, reader {4}")
  @MethodSource("workloads")
  void theTargetHoldsWhatTheSourceHolds(
      Generation generation, int from, int to, long seed, Reader reader) {
    // Between different versions each table by itself, otherwise all together.
    Grouping grouping = from == to ? Grouping.DATABASE : Grouping.TABLE;
    PostgresDatabase source = server(from).createDatabase();
    PostgresDatabase target = server(to).createDatabase();
    try (NatsServer nats = NatsServer.builder().maxPayload(MAX_PAYLOAD).start();
        RandomWorkload workload = RandomWorkload.of(source, seed).follow(target).build()) {
      workload.createSource();
      workload.createTarget(target);
      EffectLog changes = EffectLog.install(source, workload.versionedTables());
      EffectLog effects = EffectLog.install(target, workload.versionedTables());
      try (TestProducer producer = producer(source, nats, generation, workload);
          CreekConsumer consumer = consumer(nats, target, reader, grouping)) {
        subscribe(consumer, source, workload);
        Disposable running = consumer.run().subscribe();
        workload.run(TRANSACTIONS);
        workload.finish();
        producer.awaitCaughtUp(PATIENCE);
        List<ComparedTable> compared = workload.comparison(target).awaitSettled(PATIENCE);
        consumer.stop(PATIENCE).block(PATIENCE);
        running.dispose();

        assertThat(producer.drops()).isEmpty();
        assertThat(compared.stream().filter(table -> !table.equal()))
            .as(() -> states(target))
            .isEmpty();
        assertThat(effects.repeated(workload.versionedTables())).isEmpty();
        assertThat(effects.unexplained(workload.versionedTables())).isEmpty();
        assertThat(effects.sum(workload.insertOnlyTables()))
            .isEqualTo(changes.sum(workload.insertOnlyTables()));
        producer.dropSlot();
      }
    }
  }

  private static TestProducer producer(
      PostgresDatabase source, NatsServer nats, Generation generation, RandomWorkload workload) {
    return TestProducer.builder()
        .source(source.uri())
        .slot(source.name())
        .tables(workload.tables().toArray(String[]::new))
        .nats(nats.uri())
        .generation(generation)
        .inFlight(256)
        .start();
  }

  private static CreekConsumer consumer(
      NatsServer nats, PostgresDatabase target, Reader reader, Grouping grouping) {
    return CreekConsumer.create(
        ConsumerOptions.builder(
                BrokerOptions.builder(nats.uri()).reader(reader).build(),
                // Columns that are dropped on the source stay on the target.
                DatabaseOptions.builder(target.patientUri(), Map.of())
                    .schemaChanges(SchemaPolicy.ADD)
                    .build())
            .grouping(grouping)
            .build());
  }

  private static void subscribe(
      CreekConsumer consumer, PostgresDatabase source, RandomWorkload workload) {
    for (String table : workload.tables()) {
      Mapping mapping = Mapping.parse("%s.%s:%s".formatted(source.name(), table, table));
      consumer.tables().add(mapping).block(PATIENCE);
    }
  }

  private static String states(PostgresDatabase target) {
    return target
        .query(
            "select concat_ws(' | ', target, state, reason, hint) from _creek_consumer.subscriptions where reason is not null")
        .toString();
  }
}
