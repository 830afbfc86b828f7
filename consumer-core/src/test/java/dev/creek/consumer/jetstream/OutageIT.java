package dev.creek.consumer.jetstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.NatsServer;
import io.nats.client.JetStreamApiException;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;

/** Outages end by themselves, without loss, without repetition, in order. */
@EachWay
final class OutageIT {
  @Parameter private Way way;

  @RegisterExtension static final NatsExtension nats = NatsExtension.own();

  private final SourceTable table = Broker.newTable();
  private NatsServer server;
  private Broker broker;
  private JetStreamLog log;

  @BeforeEach
  void open() {
    server = nats.restartable();
    broker = new Broker(server, way.reader());
    log = Objects.requireNonNull(JetStreamLog.connect(broker.options().build()).block());
  }

  @AfterEach
  void close() {
    if (!server.isRunning()) {
      server.start();
    }
    log.close().block();
    broker.close();
  }

  private StreamIdentity createWal() {
    broker.createWal(table);
    return Objects.requireNonNull(log.state(table).block()).stream();
  }

  /** Publishes numbers, each stored exactly once, until it is told to stop. */
  private final class Load {
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final AtomicLong stored = new AtomicLong();
    private final CompletableFuture<Void> done = CompletableFuture.runAsync(this::publish);

    private void publish() {
      while (!stopped.get()) {
        long number = stored.get();
        var headers = new Headers().add("Nats-Msg-Id", Long.toString(number));
        try {
          broker
              .connection
              .jetStream()
              .publish(Broker.walSubject(table), headers, Broker.numbered(number, 200));
          stored.incrementAndGet();
        } catch (IOException | JetStreamApiException | IllegalStateException e) {
          // The server is down: the same number again, which it tells from a new one by its id.
          Thread.onSpinWait();
        }
      }
    }

    void awaitMore(int count) {
      long target = stored.get() + count;
      await().atMost(Reading.LIMIT).until(() -> stored.get() >= target);
    }

    long stop() {
      stopped.set(true);
      done.join();
      return stored.get();
    }
  }

  private void assertEverythingArrives(Runnable trouble) {
    var stream = createWal();
    var load = new Load();
    var reading = Reading.all(way.read(log, table, new StartAt.Beginning(), stream));
    for (int i = 0; i < 3; i++) {
      load.awaitMore(500);
      trouble.run();
    }
    load.awaitMore(500);
    long count = load.stop();
    reading.awaitPackets(count);
    reading.cancel();
    reading.assertNumbers(0, count);
  }

  @Test
  void restartsUnderLoadLoseNothing() {
    assertEverythingArrives(server::restart);
  }

  @Test
  void killsUnderLoadLoseNothing() {
    assertEverythingArrives(
        () -> {
          server.kill();
          server.start();
        });
  }

  @Test
  void deletionOfTheConsumerUnderLoadLosesNothing() {
    assertEverythingArrives(
        () ->
            broker
                .consumers(Broker.walStream(table))
                .forEach(
                    consumer ->
                        Broker.call(
                            () ->
                                broker.management.deleteConsumer(
                                    Broker.walStream(table), consumer.getName()))));
  }

  @Test
  void aReaderThatDoesNotAskDuringARestartGoesOnAfterIt() {
    var stream = createWal();
    broker.publishNumbers(table, 0, 10_000, 100);
    var reading = Reading.of(way.read(log, table, new StartAt.Beginning(), stream), 1);
    reading.awaitPackets(1);
    server.restart();
    broker.awaitConnection();
    broker.publishNumbers(table, 10_000, 10, 100);
    reading.request(Long.MAX_VALUE);
    reading.awaitPackets(10_010);
    reading.cancel();
    reading.assertNumbers(0, 10_010);
  }

  @Test
  void readingWaitsForAStreamThatIsNotThereYet() {
    var anyStream = new StreamIdentity("later", java.time.Instant.EPOCH);
    var reading = Reading.all(way.read(log, table, new StartAt.Beginning(), anyStream));
    await().during(Duration.ofMillis(300)).until(() -> reading.error == null);
    broker.createWal(table);
    broker.publishNumbers(table, 0, 5, 16);
    reading.awaitPackets(5);
    reading.cancel();
  }

  @Test
  void questionsDuringAnOutageFailAsUnavailableAndWorkAfterIt() {
    createWal();
    server.stop();
    await()
        .atMost(Reading.LIMIT)
        .untilAsserted(
            () ->
                assertThat(log.state(table).materialize().block().getThrowable())
                    .isInstanceOf(BrokerException.Unavailable.class)
                    .hasMessageContaining("not connected to NATS at nats://127.0.0.1"));
    server.start();
    await().atMost(Reading.LIMIT).until(() -> log.state(table).onErrorComplete().block() != null);
  }

  @Test
  void aServerThatIsNotThereIsUnavailable() {
    server.stop();
    var options =
        BrokerOptions.builder(server.uri().replace("://", "://me:secret@"))
            .requestTimeout(Duration.ofSeconds(1))
            .build();
    assertThat(JetStreamLog.connect(options).materialize().block().getThrowable())
        .isInstanceOf(BrokerException.Unavailable.class)
        .hasMessageContaining(server.uri())
        .hasMessageContaining("refused")
        .satisfies(e -> assertThat(trace(e)).doesNotContain("secret"));
  }

  private static String trace(Throwable e) {
    var text = new java.io.StringWriter();
    e.printStackTrace(new java.io.PrintWriter(text));
    return text.toString();
  }
}
