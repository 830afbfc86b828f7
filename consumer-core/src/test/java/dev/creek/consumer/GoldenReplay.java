package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SchemaPolicy;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.stream.BatchLimits;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;

/** A consumer of a capture, which may be stopped and started at any time. */
final class GoldenReplay implements AutoCloseable {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final Duration POLL = Duration.ofMillis(50);

  private final GoldenStreams streams;
  private final ConsumerOptions options;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private CreekConsumer consumer;
  private Disposable run = Disposables.disposed();

  GoldenReplay(GoldenStreams streams, NatsServer broker, String target, BatchLimits limits) {
    this.streams = streams;
    this.options =
        ConsumerOptions.builder(
                BrokerOptions.builder(broker.uri()).build(),
                // Columns that are gone from the source stay.
                DatabaseOptions.builder(target, Map.of()).schemaChanges(SchemaPolicy.ADD).build())
            .batches(limits.rows(), limits.bytes())
            .build();
    this.consumer = CreekConsumer.create(options);
  }

  void create(Collection<SourceTable> tables) {
    Flux.fromIterable(tables)
        .concatMap(table -> consumer.tables().create(mapping(table)))
        .blockLast(PATIENCE);
  }

  void subscribe(Collection<SourceTable> tables) {
    Flux.fromIterable(tables)
        .concatMap(table -> consumer.tables().add(mapping(table)))
        .blockLast(PATIENCE);
  }

  private static Mapping mapping(SourceTable table) {
    return new Mapping(table, new TargetTable(table.namespace(), table.table()));
  }

  void start() {
    run = consumer.run().subscribe(event -> {}, failure::set);
  }

  /** Ends the run in one of the ways in which a service may end, and starts another. */
  void restart(RandomGenerator random) {
    switch (random.nextInt(3)) {
      case 0 -> consumer.stop(PATIENCE).block(PATIENCE);
      case 1 -> run.dispose();
      default -> {
        consumer.close();
        consumer = CreekConsumer.create(options);
      }
    }
    start();
  }

  /** Waits until a random part of what has been published, and not been applied, is applied. */
  void awaitSome(RandomGenerator random) {
    var subscriptions = subscriptions();
    long published =
        subscriptions.stream().map(GoldenReplay::source).mapToLong(streams::changes).sum();
    long applied = changes(subscriptions);
    long enough = random.nextLong(applied, published + 1);
    await().atMost(PATIENCE).pollInterval(POLL).until(() -> changes(subscriptions()) >= enough);
  }

  /** Waits until all that has been published is applied: each change once. */
  void awaitAll() {
    await()
        .atMost(PATIENCE)
        .pollInterval(POLL)
        .until(() -> subscriptions().stream().allMatch(this::hasAll));
    assertThat(subscriptions())
        .allSatisfy(
            subscription ->
                assertThat(subscription.rowsApplied())
                    .as(subscription.mapping().toString())
                    .isEqualTo(streams.changes(source(subscription))));
  }

  private boolean hasAll(Subscription subscription) {
    return subscription.position().sequence() >= streams.lastSequence(source(subscription));
  }

  private List<Subscription> subscriptions() {
    assertThat(failure.get()).as("end of the run").isNull();
    var all =
        Objects.requireNonNull(consumer.tables().subscriptions().collectList().block(PATIENCE));
    assertThat(all)
        .noneMatch(subscription -> subscription.state().name() == TableState.Name.FAILED)
        .noneMatch(subscription -> subscription.state().name() == TableState.Name.GAP);
    return all;
  }

  private static long changes(List<Subscription> subscriptions) {
    return subscriptions.stream().mapToLong(Subscription::rowsApplied).sum();
  }

  private static SourceTable source(Subscription subscription) {
    return subscription.mapping().source();
  }

  @Override
  public void close() {
    consumer.close();
  }
}
