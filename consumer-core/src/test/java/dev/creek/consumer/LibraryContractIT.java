package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.api.MetricsRecorder.Backlog;
import dev.creek.consumer.api.Reachability;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.TableEvent;
import dev.creek.consumer.api.TableEvent.Applied;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.metrics.GuardedRecorder;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TcpProxy;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** What docs/library.md promises to a program that embeds the consumer. */
class LibraryContractIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final int TABLES = 8;

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();
  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  private PostgresDatabase database;

  @BeforeEach
  void given(PostgresDatabase fresh) {
    database = fresh;
  }

  private CreekConsumer consumer() {
    return consumer(nats.server().uri(), database.patientUri());
  }

  private static CreekConsumer consumer(String natsUri, String databaseUri) {
    return CreekConsumer.create(options(natsUri, databaseUri));
  }

  private static ConsumerOptions options(String natsUri, String databaseUri) {
    return ConsumerOptions.of(
        BrokerOptions.builder(natsUri).build(), DatabaseOptions.of(databaseUri));
  }

  private static TableWire wire(int table) {
    return TableWire.of("app", "t" + table)
        .generation(Generation.NEW)
        .column("id", "int4", TableWire.Flag.KEY)
        .column("note", "text");
  }

  private static Mapping mapping(int table) {
    return new Mapping(wire(table).source(), new TargetTable("copy", "t" + table));
  }

  private void subscribe(CreekConsumer consumer, WirePublisher publisher, int table) {
    publisher.publishSchema(wire(table));
    consumer.tables().create(mapping(table)).block(PATIENCE);
    consumer.tables().add(mapping(table)).block(PATIENCE);
  }

  private static void insert(WirePublisher publisher, int table, int id) {
    publisher.publishSurely(
        wire(table).source(), wire(table).insert(WalTx.of(100L * table + id), id, "row"));
  }

  private void awaitRows(int table, long rows) {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                String.valueOf(rows).equals(database.value("select count(*) from copy.t" + table)));
  }

  @Test
  void aSubscriberWhoBlocksHoldsUpNoTableAndLearnsTheNewestOfEach() {
    CountDownLatch blocked = new CountDownLatch(1);
    Queue<TableEvent> seen = new ConcurrentLinkedQueue<>();
    try (WirePublisher publisher = WirePublisher.of(nats.server(), Generation.NEW, "source");
        CreekConsumer consumer = consumer()) {
      IntStream.range(0, TABLES).forEach(table -> subscribe(consumer, publisher, table));
      Disposable running =
          consumer
              .run()
              .subscribe(
                  event -> {
                    awaitQuietly(blocked);
                    seen.add(event);
                  });
      IntStream.range(0, TABLES).forEach(table -> insert(publisher, table, 1));
      IntStream.range(0, TABLES).forEach(table -> awaitRows(table, 1));
      database.execute("drop table copy.t0");
      insert(publisher, 0, 2);
      insert(publisher, 1, 2);
      awaitRows(1, 2);
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> "failed".equals(stored(0)) && "streaming".equals(stored(1)));
      assertThat(seen).isEmpty();

      blocked.countDown();
      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                Map<Mapping, TableState.Name> states = new HashMap<>();
                Map<Mapping, Long> rows = new HashMap<>();
                for (TableEvent event : seen) {
                  if (event instanceof TableEvent.StateChanged changed) {
                    states.put(event.mapping(), changed.state().name());
                  } else if (event instanceof TableEvent.Committed committed) {
                    rows.merge(event.mapping(), committed.applied().inserts(), Long::sum);
                  }
                }
                assertThat(states)
                    .hasSize(TABLES)
                    .containsEntry(mapping(0), TableState.Name.FAILED)
                    .containsEntry(mapping(1), TableState.Name.STREAMING);
                assertThat(rows).hasSize(TABLES).containsEntry(mapping(1), 2L);
              });
      running.dispose();
    }
  }

  private @Nullable String stored(int table) {
    return database.value(
        "select state from _creek_consumer.subscriptions where target = 'copy.t%d'"
            .formatted(table));
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void whatASubscriberThrowsEndsTheRunAndNoTable() {
    try (WirePublisher publisher = WirePublisher.of(nats.server(), Generation.NEW, "source");
        CreekConsumer consumer = consumer()) {
      subscribe(consumer, publisher, 1);
      insert(publisher, 1, 1);
      assertThatThrownBy(
              () ->
                  consumer
                      .run()
                      .ofType(TableEvent.Committed.class)
                      .doOnNext(
                          event -> {
                            throw new IllegalArgumentException("of the program");
                          })
                      .blockLast(PATIENCE))
          .hasMessage("of the program");
      assertThat(stored(1)).isNotEqualTo("failed");
    }
  }

  @Test
  void onlyOneRunAtATime() {
    try (CreekConsumer consumer = consumer()) {
      Disposable first = consumer.run().subscribe();
      assertThatThrownBy(() -> consumer.run().blockLast(PATIENCE))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("runs already");
      assertThatThrownBy(() -> consumer.runQuietly().block(PATIENCE))
          .isInstanceOf(IllegalStateException.class);
      assertThat(first.isDisposed()).isFalse();
      consumer.stop(PATIENCE).block(PATIENCE);
      // The first one has ended: another may begin.
      consumer.run().subscribe().dispose();
    }
  }

  @Test
  void aClosedConsumerConnectsNoMore() {
    try (TcpProxy broker = TcpProxy.to(nats.server().host(), nats.server().port());
        TcpProxy target = TcpProxy.to("127.0.0.1", port(database.uri()))) {
      CreekConsumer consumer =
          consumer(
              "nats://127.0.0.1:" + broker.port(),
              database.uri().replace(":" + port(database.uri()) + "/", ":" + target.port() + "/"));
      consumer.initialize().block(PATIENCE);
      assertThat(consumer.health().reachability(PATIENCE).block())
          .isEqualTo(new Reachability(null, null));
      consumer.close();
      consumer.close();
      consumer.closeLater().block(PATIENCE);
      long before = broker.connections() + target.connections();

      List.<Flux<?>>of(
              consumer.run(),
              consumer.runQuietly().flux(),
              consumer.tables().subscriptions(),
              consumer.tables().add(mapping(1)).flux(),
              consumer.snapshots().published(mapping(1).source()),
              consumer.initialize().flux())
          .forEach(
              asked ->
                  assertThatThrownBy(() -> asked.blockLast(PATIENCE))
                      .isInstanceOf(IllegalStateException.class)
                      .hasMessageContaining("closed"));
      assertThat(broker.connections() + target.connections()).isEqualTo(before);
    }
  }

  private static int port(String uri) {
    return URI.create(uri).getPort();
  }

  @Test
  void closesWhileTheBrokerKeepsItWaiting() {
    try (TcpProxy broker = TcpProxy.to(nats.server().host(), nats.server().port())) {
      broker.silence();
      CreekConsumer consumer = consumer("nats://127.0.0.1:" + broker.port(), database.uri());
      Mono<Void> ended = consumer.runQuietly().cache();
      Disposable running = ended.subscribe();
      Awaitility.await().atMost(PATIENCE).until(() -> broker.connections() > 0);
      consumer.close();
      // A run that is closed ends in order.
      ended.block(PATIENCE);
      running.dispose();
      broker.heal();
      long made = broker.connections();
      Awaitility.await()
          .atMost(PATIENCE)
          .until(
              () ->
                  Thread.getAllStackTraces().keySet().stream()
                      .noneMatch(thread -> thread.getName().startsWith("creek-nats")));
      assertThat(broker.connections()).isEqualTo(made);
    }
  }

  @Test
  void aPasswordThatTheBrokerGoesOnRefusingEndsARun() {
    try (NatsServer guarded =
            NatsServer.builder()
                .option("authorization { user: creek, password: \"right\" }")
                .start();
        CreekConsumer consumer =
            consumer(guarded.uri().replace("://", "://creek:wrong@"), database.uri())) {
      assertThatThrownBy(() -> consumer.run().blockLast(PATIENCE.multipliedBy(2)))
          .isInstanceOf(BrokerException.Refused.class)
          .hasMessageContaining("Authorization Violation")
          .hasMessageNotContaining("wrong");
    }
  }

  @Test
  void closingOnAThreadThatMustNotBlockSaysWhatToDo() {
    CreekConsumer consumer = consumer();
    consumer.initialize().block(PATIENCE);
    assertThatThrownBy(
            () ->
                Mono.fromRunnable(consumer::close)
                    .subscribeOn(Schedulers.parallel())
                    .block(PATIENCE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closeLater()")
        .hasMessageContaining("usingWhen");
    assertThat(consumer.health().reachability(PATIENCE).block())
        .isEqualTo(new Reachability(null, null));
    consumer.close();
  }

  @Test
  void closesAtTheEndOfAReactiveProgram() {
    try (WirePublisher publisher = WirePublisher.of(nats.server(), Generation.NEW, "source");
        CreekConsumer other = consumer()) {
      subscribe(other, publisher, 1);
      insert(publisher, 1, 1);
    }
    ConsumerOptions options = options(nats.server().uri(), database.uri());
    TableEvent first =
        Flux.usingWhen(
                Mono.fromSupplier(() -> CreekConsumer.create(options))
                    .subscribeOn(Schedulers.boundedElastic()),
                CreekConsumer::run,
                CreekConsumer::closeLater)
            .ofType(TableEvent.Committed.class)
            .subscribeOn(Schedulers.parallel())
            .blockFirst(PATIENCE);
    assertThat(first.mapping()).isEqualTo(mapping(1));
  }

  @Test
  void aRecorderThatThrowsFailsNoTableAndIsLoggedOnce() {
    Logger logger = (Logger) LoggerFactory.getLogger(GuardedRecorder.class);
    var logged = new ListAppender<ILoggingEvent>();
    logged.start();
    logger.addAppender(logged);
    try (WirePublisher publisher = WirePublisher.of(nats.server(), Generation.NEW, "source");
        CreekConsumer consumer =
            CreekConsumer.create(
                ConsumerOptions.builder(
                        BrokerOptions.builder(nats.server().uri()).build(),
                        DatabaseOptions.of(database.patientUri()))
                    .recorder(new ThrowingRecorder())
                    .build())) {
      subscribe(consumer, publisher, 1);
      Disposable running = consumer.run().subscribe();
      insert(publisher, 1, 1);
      awaitRows(1, 1);
      insert(publisher, 1, 2);
      awaitRows(1, 2);
      running.dispose();
    } finally {
      logger.detachAppender(logged);
    }
    assertThat(logged.list)
        .filteredOn(event -> event.getLevel().isGreaterOrEqual(Level.INFO))
        .singleElement()
        .satisfies(event -> assertThat(event.getFormattedMessage()).contains("ThrowingRecorder"));
  }

  private static final class ThrowingRecorder implements MetricsRecorder {
    @Override
    public void line(Mapping mapping, Backlog backlog) {
      throw new IllegalStateException("line");
    }

    @Override
    public void applied(Mapping mapping, Applied applied) {
      throw new AssertionError("applied");
    }

    @Override
    public void batch(TargetTable table, int changes, long bytes, Duration took) {
      throw new NoClassDefFoundError("batch");
    }

    @Override
    public void state(TargetTable table, TableState state) {
      throw new IllegalStateException("state");
    }

    @Override
    public void removed(TargetTable table) {
      throw new IllegalStateException("removed");
    }
  }

  @Test
  void reachabilityLooksWhereNobodyHasConnectedYet() {
    try (CreekConsumer consumer = consumer();
        CreekConsumer lost = consumer("nats://127.0.0.1:1", database.uri())) {
      consumer.initialize().block(PATIENCE);
      assertThat(consumer.health().reachability(PATIENCE).block())
          .isEqualTo(new Reachability(null, null));
      assertThat(lost.health().reachability(PATIENCE).block().brokerTrouble())
          .contains("cannot connect to NATS at nats://127.0.0.1:1");
      assertThat(lost.health().reachability(PATIENCE).block().databaseTrouble()).isNull();
    }
  }

  @Test
  void snapshotsOfADatabaseThatNobodyKnowsAreAnError() {
    try (WirePublisher publisher = WirePublisher.of(nats.server(), Generation.NEW, "source");
        CreekConsumer consumer = consumer()) {
      publisher.publishSchema(wire(1));
      assertThat(consumer.snapshots().published(wire(1).source()).collectList().block(PATIENCE))
          .isEmpty();
      assertThatThrownBy(
              () ->
                  consumer
                      .snapshots()
                      .published(new SourceTable("sauce", "app", "t1"))
                      .blockLast(PATIENCE))
          .isInstanceOf(BrokerException.Unavailable.class)
          .hasMessageContaining("database sauce");
    }
  }
}
