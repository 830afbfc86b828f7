package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.TableEvent;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/** A program's own logins of both clients, its threads and its context. */
final class BroughtResourcesIT {
  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  private final AtomicInteger threads = new AtomicInteger();
  private final Scheduler scheduler =
      Schedulers.newParallel(
          2,
          task -> {
            threads.incrementAndGet();
            var thread = new Thread(task, "brought");
            thread.setDaemon(true);
            return thread;
          });

  @Test
  void aProgramsOwnLoginsAndThreadsAreUsedAndStayItsOwn(PostgresDatabase database) {
    try (NatsServer nats =
            NatsServer.builder()
                .option("authorization { user: creek, password: brought }")
                .start();
        WirePublisher publisher =
            WirePublisher.replicated(
                nats.uri().replace("://", "://creek:brought@"), Generation.NEW, "source", 1)) {
      TableWire orders =
          TableWire.of("app", "orders")
              .generation(Generation.NEW)
              .column("id", "int4", TableWire.Flag.KEY);
      publisher.publishSchema(orders);
      publisher.publishSurely(orders.source(), orders.insert(WalTx.of(1), 1));
      var broker =
          BrokerOptions.builder(nats.uri())
              .client(client -> client.userInfo("creek", "brought"))
              .build();
      var target =
          DatabaseOptions.builder(database.uri(), Map.of())
              .password("wrong")
              .driver(driver -> driver.password(database.server().password()))
              .build();
      try (CreekConsumer consumer =
          CreekConsumer.create(
              ConsumerOptions.builder(broker, target).scheduler(scheduler).build())) {
        Mapping mapping = Mapping.parse("source.app.orders:copy.orders");
        TableEvent.Committed committed =
            consumer
                .tables()
                .create(mapping)
                .then(consumer.tables().add(mapping))
                .thenMany(consumer.run())
                .ofType(TableEvent.Committed.class)
                .blockFirst(Patience.LIMIT);
        assertThat(committed.applied().inserts()).isEqualTo(1);
        assertThat(consumer.health().threadsResponsive().thenReturn(true).block(Patience.LIMIT))
            .isTrue();
      }
      assertThat(threads).hasPositiveValue();
      assertThat(scheduler.isDisposed()).isFalse();
    } finally {
      scheduler.dispose();
    }
  }

  @Test
  void aRunsConnectionsAreOpenedWithTheContextOfItsSubscriber(PostgresDatabase database) {
    TableWire orders =
        TableWire.of("app", "orders")
            .generation(Generation.NEW)
            .column("id", "int4", TableWire.Flag.KEY);
    Mapping mapping = Mapping.parse("source.app.orders:copy.orders");
    Queue<String> opened = new ConcurrentLinkedQueue<>();
    Mono<CharSequence> password =
        Mono.deferContextual(
            context -> {
              opened.add(context.getOrDefault("program", "no context"));
              return Mono.just(database.server().password());
            });
    try (NatsServer nats = NatsServer.builder().start();
        WirePublisher publisher = WirePublisher.of(nats, Generation.NEW, "source")) {
      publisher.publishSchema(orders);
      publisher.publishSurely(orders.source(), orders.insert(WalTx.of(1), 1));
      var broker = BrokerOptions.builder(nats.uri()).build();
      try (CreekConsumer beforehand =
          CreekConsumer.create(
              ConsumerOptions.of(broker, DatabaseOptions.of(database.patientUri())))) {
        beforehand
            .tables()
            .create(mapping)
            .then(beforehand.tables().add(mapping))
            .block(Patience.LIMIT);
      }
      var target =
          DatabaseOptions.builder(database.patientUri(), Map.of())
              .driver(driver -> driver.password(password))
              .build();
      try (CreekConsumer consumer = CreekConsumer.create(ConsumerOptions.of(broker, target))) {
        TableEvent.Committed committed =
            consumer
                .run()
                .ofType(TableEvent.Committed.class)
                .contextWrite(Context.of("program", "the shop's"))
                .blockFirst(Patience.LIMIT);
        assertThat(committed.applied().inserts()).isEqualTo(1);
      }
    }
    assertThat(opened).isNotEmpty().containsOnly("the shop's");
  }
}
