package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.SnapshotProgress.Step;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.producer.Defect;
import dev.creek.consumer.testing.producer.TestProducer;
import dev.creek.consumer.testing.workload.BackgroundWorkload;
import dev.creek.consumer.testing.workload.RandomWorkload;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * Snapshots of tables that random transactions change all the time, long ones among them that began
 * before the snapshot and commit after it: at rest the target holds what the source holds.
 *
 * <p>{@code -Dcreek.test.seed=…} takes another seed, {@code -Dcreek.test.snapshots=…} more of them;
 * the moments are also the machine's.
 */
@Tag("long")
final class SnapshotWorkloadIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final int SNAPSHOTS = Integer.getInteger("creek.test.snapshots", 30);
  private static final int DEATHS = 5;
  private static final int STEPS_PER_SECOND = 400;

  /** Enough for several chunks. */
  private static final int STILL_ROWS = 300;

  private static final int SMALL_BATCH = 100;
  private static final Duration STALL = Duration.ofSeconds(4);

  /** Small, so that messages of several packets are nothing special. */
  private static final int MAX_PAYLOAD = 32_768;

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.own();

  static Stream<Arguments> generations() {
    return Stream.of(
        Arguments.of(Generation.OLD, Long.getLong("creek.test.seed", 41)),
        Arguments.of(Generation.NEW, Long.getLong("creek.test.seed", 42)));
  }

  @ParameterizedTest(name = "{0}, seed {1}")
  @MethodSource("generations")
  void theTargetHoldsWhatTheSourceHolds(Generation generation, long seed) {
    Random random = new Random(seed);
    try (Surroundings all = new Surroundings(generation, seed, UnaryOperator.identity())) {
      all.underLoad(
          () -> {
            for (int i = 0; i < SNAPSHOTS; i++) {
              all.snapshots(random, 1 + random.nextInt(3));
            }
          });
      all.assertEqual();
    }
  }

  /** Whether a snapshot was published whole by then, or not: nothing is missed. */
  @ParameterizedTest(name = "{0}, seed {1}")
  @MethodSource("generations")
  void aProducerThatDiesInMidSnapshotLosesNothing(Generation generation, long seed) {
    Random random = new Random(seed);
    try (Surroundings all =
        new Surroundings(generation, seed, RandomWorkload.Builder::withoutTruncate)) {
      all.underLoad(
          () -> {
            for (int i = 0; i < DEATHS; i++) {
              all.dyingIn(all.anyTable(random), anyMode(random));
            }
            all.produce(Defect.NO_SNAPSHOT_EOF);
            for (SnapshotMode mode : SnapshotMode.values()) {
              all.endless(all.anyTable(random), mode);
            }
          });
      all.assertEqual();
    }
  }

  private static SnapshotMode anyMode(Random random) {
    return random.nextBoolean() ? SnapshotMode.CLEAN : SnapshotMode.UPSERT;
  }

  /** Source, producer, broker, consumer and target. */
  private static final class Surroundings implements AutoCloseable {
    private final PostgresDatabase source = postgres.freshDatabase();
    private final PostgresDatabase target = postgres.freshDatabase();
    private final NatsServer nats = NatsServer.builder().maxPayload(MAX_PAYLOAD).start();
    private final Generation generation;
    private final RandomWorkload workload;
    private TestProducer producer;
    private final CreekConsumer consumer;
    private final Disposable running;

    Surroundings(Generation generation, long seed, UnaryOperator<RandomWorkload.Builder> which) {
      this.generation = generation;
      workload = which.apply(RandomWorkload.of(source, seed).onlyWithKey()).build();
      workload.createSource();
      workload.createTarget(target);
      workload.fill(STILL_ROWS);
      keepFromSwap();
      produce();
      consumer =
          CreekConsumer.create(
              ConsumerOptions.builder(
                      BrokerOptions.builder(nats.uri()).build(),
                      DatabaseOptions.builder(target.patientUri(), Map.of())
                          .schemaChanges(SchemaPolicy.ADD)
                          .build())
                  .batches(SMALL_BATCH, 1 << 20)
                  .snapshotStall(STALL)
                  .build());
      workload.tables().forEach(table -> consumer.tables().add(mapping(table)).block(PATIENCE));
      running = consumer.run().subscribe();
    }

    /** Every second table is seen by a view, and so updated in place. */
    private void keepFromSwap() {
      List<String> tables = workload.tables();
      for (int i = 0; i < tables.size(); i += 2) {
        target.execute("create view app.view_%d as select * from %s".formatted(i, tables.get(i)));
      }
    }

    void produce(Defect... defects) {
      if (producer != null) {
        producer.stop();
      }
      producer =
          TestProducer.builder()
              .source(source.uri())
              .slot(source.name())
              .tables(workload.tables().toArray(String[]::new))
              .nats(nats.uri())
              .generation(generation)
              .inFlight(16)
              .defects(defects)
              .defects(Defect.DUPLICATE_AFTER_RESTART)
              .start();
    }

    /** All tables are filled, and then it runs, while the workload does. */
    void underLoad(Runnable test) {
      try (BackgroundWorkload load = BackgroundWorkload.start(workload, STEPS_PER_SECOND)) {
        workload.tables().forEach(table -> snapshot(table, SnapshotMode.CLEAN));
        test.run();
        assertThat(load.failure()).isEmpty();
      }
    }

    String anyTable(Random random) {
      return workload.tables().get(random.nextInt(workload.tables().size()));
    }

    private Mapping mapping(String table) {
      return Mapping.parse("%s.%s:%s".formatted(source.name(), table, table));
    }

    Flux<SnapshotProgress> progress(String table, SnapshotMode mode) {
      return consumer
          .snapshots()
          .take(mapping(table), mode)
          .onErrorMap(e -> new AssertionError(mode + " of " + table + ": " + e.getMessage(), e));
    }

    /** So many tables at once, each in any mode. */
    void snapshots(Random random, int tables) {
      List<Flux<SnapshotProgress>> orders =
          random
              .ints(0, workload.tables().size())
              .distinct()
              .limit(tables)
              .mapToObj(i -> progress(workload.tables().get(i), anyMode(random)))
              .toList();
      Flux.merge(orders).blockLast(PATIENCE);
    }

    void snapshot(String table, SnapshotMode mode) {
      assertThat(progress(table, mode).blockLast(PATIENCE).step()).isEqualTo(Step.DONE);
    }

    /** The producer dies when the first rows have come. */
    void dyingIn(String table, SnapshotMode mode) {
      AtomicBoolean killed = new AtomicBoolean();
      consumer
          .snapshots()
          .take(mapping(table), mode)
          .publishOn(Schedulers.boundedElastic())
          .doOnNext(
              progress -> {
                if (progress.step() == Step.LOADING && !killed.getAndSet(true)) {
                  producer.kill();
                }
              })
          .onErrorResume(SnapshotException.class, stalled -> Flux.empty())
          .blockLast(PATIENCE);
      assertThat(killed).isTrue();
      producer.start();
    }

    void endless(String table, SnapshotMode mode) {
      assertThatThrownBy(() -> consumer.snapshots().take(mapping(table), mode).blockLast(PATIENCE))
          .isInstanceOf(SnapshotException.class)
          .hasMessageFindingMatch("its end is missing|needs double quotes in SQL");
    }

    void assertEqual() {
      producer.awaitCaughtUp(PATIENCE);
      assertThat(
              workload.comparison(target).awaitSettled(PATIENCE).stream()
                  .filter(table -> !table.equal()))
          .as(this::situation)
          .isEmpty();
      assertThat(producer.drops()).isEmpty();
      assertThat(leftovers()).isEqualTo("0");
    }

    private String situation() {
      return target
          .query(
              "select concat_ws(' | ', target, state, reason, hint, stream_seq) from _creek_consumer.subscriptions where reason is not null")
          .toString();
    }

    private String leftovers() {
      return target.value("select count(*) from pg_class where relname like '\\_creek\\_snap%'");
    }

    @Override
    public void close() {
      consumer.stop(PATIENCE).block(PATIENCE);
      running.dispose();
      consumer.close();
      producer.dropSlot();
      workload.close();
      nats.close();
    }
  }
}
