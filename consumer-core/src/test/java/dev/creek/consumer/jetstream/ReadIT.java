package dev.creek.consumer.jetstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Delivery;
import dev.creek.consumer.stream.LogState;
import dev.creek.consumer.stream.Packet;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.testing.NatsExtension;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** What {@code read} promises while nothing goes wrong. */
@EachWay
final class ReadIT {
  @Parameter private Way way;

  @RegisterExtension static final NatsExtension nats = NatsExtension.shared();

  private final SourceTable table = Broker.newTable();
  private final List<Reading> readings = new ArrayList<>();
  private Broker broker;
  private JetStreamLog log;
  private StreamIdentity stream;

  @BeforeEach
  void open() {
    broker = new Broker(nats.server(), way.reader());
    broker.createWal(table);
    log = connect(broker.options());
    stream = state().stream();
  }

  @AfterEach
  void close() {
    readings.forEach(Reading::cancel);
    log.close().block();
    broker.close();
  }

  private static JetStreamLog connect(BrokerOptions.Builder options) {
    return Objects.requireNonNull(JetStreamLog.connect(options.build()).block());
  }

  private void reconnect(BrokerOptions.Builder options) {
    log.close().block();
    log = connect(options);
  }

  private LogState state() {
    return Objects.requireNonNull(log.state(table).block());
  }

  private Flux<Delivery> from(StartAt start) {
    return way.read(log, table, start, stream);
  }

  private Reading read(StartAt start, long demand) {
    var reading = Reading.of(from(start), demand);
    readings.add(reading);
    return reading;
  }

  private Reading readAll() {
    return read(new StartAt.Beginning(), Long.MAX_VALUE);
  }

  private ConsumerInfo consumer() {
    var all = broker.consumers(stream.name());
    assertThat(all).hasSize(1);
    return all.get(0);
  }

  @Test
  void readsEverythingFromTheBeginningAndWhatComesLater() {
    broker.publishNumbers(table, 0, 2500, 100);
    var reading = readAll();
    reading.awaitPackets(2500);
    broker.publishNumbers(table, 2500, 10, 100);
    reading.awaitPackets(2510);
    reading.assertNumbers(0, 2510);
  }

  @Test
  void readsFromASequenceOn() {
    broker.publishNumbers(table, 0, 100, 16);
    var reading = read(new StartAt.Sequence(41), Long.MAX_VALUE);
    reading.awaitPackets(60);
    reading.assertNumbers(40, 60);
  }

  @Test
  void readsFromATimeOn() {
    broker.publishNumbers(table, 0, 10, 16);
    Instant between = Instant.now().plusMillis(20);
    await().until(() -> Instant.now().isAfter(between));
    broker.publishNumbers(table, 10, 10, 16);
    var reading = read(new StartAt.Time(between), Long.MAX_VALUE);
    reading.awaitPackets(10);
    reading.assertNumbers(10, 10);
  }

  @Test
  void leavesOtherTablesOut() {
    var other = Broker.sibling(table, "others");
    for (int i = 0; i < 10; i++) {
      broker.publish(other, new byte[8]);
      broker.publish(table, Broker.numbered(i, 8));
    }
    var reading = readAll();
    reading.awaitPackets(10);
    reading.assertNumbers(0, 10);
    assertThat(reading.last().frontier()).isEqualTo(20);
  }

  @Test
  void tellsHowManyMessagesArePending() {
    broker.publishNumbers(table, 0, 30, 16);
    reconnect(broker.options().delivery(10, 1 << 20));
    var reading = readAll();
    reading.awaitPackets(30);
    assertThat(reading.deliveries).hasSizeGreaterThan(2);
    long left = 30;
    for (Delivery delivery : reading.deliveries) {
      left -= delivery.packets().size();
      assertThat(delivery.pending()).isEqualTo(left);
      assertThat(delivery.caughtUp()).isEqualTo(left == 0);
    }
  }

  @Test
  void deliversChunksOfAtMostThePacketsAndBytesAllowed() {
    broker.publishNumbers(table, 0, 100, 1000);
    reconnect(broker.options().delivery(7, 1 << 20));
    var byPackets = read(new StartAt.Beginning(), Long.MAX_VALUE);
    byPackets.awaitPackets(100);
    assertThat(byPackets.deliveries).allMatch(delivery -> delivery.packets().size() <= 7);
    reconnect(broker.options().delivery(1000, 2500));
    var byBytes = read(new StartAt.Beginning(), Long.MAX_VALUE);
    byBytes.awaitPackets(100);
    assertThat(byBytes.deliveries).allMatch(delivery -> delivery.packets().size() <= 3);
    byBytes.assertNumbers(0, 100);
  }

  @Test
  void emitsOnTheSchedulerGiven() {
    var scheduler = Schedulers.newParallel("given", 2);
    try {
      reconnect(broker.options().deliverOn(scheduler));
      broker.publishNumbers(table, 0, 5000, 16);
      var reading = readAll();
      reading.awaitPackets(5000);
      assertThat(reading.threads).allMatch(name -> name.startsWith("given"));
    } finally {
      log.close().block();
      scheduler.dispose();
    }
  }

  @Test
  void asksForNothingBeforeTheFirstDemand() {
    broker.publishNumbers(table, 0, 100, 16);
    var reading = read(new StartAt.Beginning(), 0);
    await().until(() -> broker.consumers(stream.name()).size() == 1);
    await()
        .during(Duration.ofMillis(300))
        .until(() -> consumer().getDelivered().getConsumerSequence() == 0);
    reading.request(1);
    reading.awaitPackets(1);
  }

  @Test
  void takesNoMoreMessagesThanAllowedBeyondDemand() {
    reconnect(broker.options().maxMessages(500).delivery(100, 1 << 20));
    broker.publishNumbers(table, 0, 3000, 16);
    var reading = read(new StartAt.Beginning(), 1);
    reading.awaitPackets(1);
    long bound = reading.packets.get() + 500;
    await()
        .during(Duration.ofSeconds(1))
        .atMost(Reading.LIMIT)
        .until(() -> consumer().getDelivered().getConsumerSequence() <= bound);
    reading.request(Long.MAX_VALUE);
    reading.awaitPackets(3000);
    reading.assertNumbers(0, 3000);
  }

  @Test
  void takesNoMoreBytesThanAllowedBeyondDemand() {
    reconnect(broker.options().maxBytes(100_000).delivery(10, 1 << 20));
    broker.publishNumbers(table, 0, 1000, 1000);
    var reading = read(new StartAt.Beginning(), 1);
    reading.awaitPackets(1);
    long bound = reading.packets.get() + 100;
    await()
        .during(Duration.ofSeconds(1))
        .atMost(Reading.LIMIT)
        .until(() -> consumer().getDelivered().getConsumerSequence() <= bound);
    reading.request(Long.MAX_VALUE);
    reading.awaitPackets(1000);
    reading.assertNumbers(0, 1000);
  }

  @Test
  void aConsumerThatIsNotAskedForHeartbeatsIsLeftAlone() {
    reconnect(
        broker
            .options()
            .pull(Duration.ofMillis(100), Duration.ofSeconds(1))
            .maxMessages(10)
            .delivery(5, 1 << 20));
    broker.publishNumbers(table, 0, 100, 16);
    var reading = read(new StartAt.Beginning(), 1);
    reading.awaitPackets(1);
    String name = consumer().getName();
    await()
        .during(Duration.ofSeconds(1))
        .atMost(Reading.LIMIT)
        .until(() -> consumer().getName().equals(name));
    reading.request(Long.MAX_VALUE);
    reading.awaitPackets(100);
    assertThat(consumer().getName()).isEqualTo(name);
    reading.assertNumbers(0, 100);
  }

  @Test
  void aConsumerThatTheBrokerDroppedDuringALongPauseIsReplaced() {
    reconnect(
        broker
            .options()
            .consumerInactivity(Duration.ofMillis(300))
            .maxMessages(10)
            .delivery(5, 1 << 20));
    broker.publishNumbers(table, 0, 100, 16);
    var reading = read(new StartAt.Beginning(), 1);
    reading.awaitPackets(1);
    await().atMost(Reading.LIMIT).until(() -> broker.consumers(stream.name()).isEmpty());
    reading.request(Long.MAX_VALUE);
    reading.awaitPackets(100);
    reading.assertNumbers(0, 100);
  }

  @Test
  void messagesLongerThanAllBytesAllowedArrive() {
    reconnect(broker.options().maxBytes(10_000));
    broker.publishNumbers(table, 0, 3, 100);
    broker.publishNumbers(table, 3, 3, 1_000_000);
    broker.publishNumbers(table, 6, 3, 9_000);
    broker.publishNumbers(table, 9, 1, 500_000);
    broker.publishNumbers(table, 10, 100, 100);
    var reading = readAll();
    reading.awaitPackets(110);
    reading.assertNumbers(0, 110);
  }

  @Test
  void requestsThatEndExactlyWithTheirLastByteGoOn() {
    // Each message counts as subject + reply subject + data; sizes that sum up to the bound exactly
    // are met by chance with many sizes.
    reconnect(broker.options().maxBytes(2_000).pull(Duration.ofSeconds(5), Duration.ofSeconds(15)));
    for (int i = 0; i < 400; i++) {
      broker.publish(table, Broker.numbered(i, 8 + i % 100));
    }
    var reading = readAll();
    reading.awaitPackets(400);
    reading.assertNumbers(0, 400);
  }

  /** The broker says nothing then, so the bytes of each message are counted as it counts them. */
  @Test
  void aRequestThatEndsExactlyWithItsLastByteIsFollowedByTheNext() {
    int size = 3000;
    Broker.call(
        () -> {
          for (int i = 0; i < 6; i++) {
            var headers = new Headers().add("Nats-Msg-Id", Integer.toString(i));
            broker
                .connection
                .jetStream()
                .publish(Broker.walSubject(table), headers, Broker.numbered(i, size));
          }
          return true;
        });
    String reply =
        "$JS.ACK.%s.creek_%s.1.1.1.1700000000000000000.5".formatted(stream.name(), "x".repeat(22));
    int wireBytes =
        Broker.walSubject(table).length()
            + reply.length()
            + "NATS/1.0\r\nNats-Msg-Id: 0\r\n\r\n".length()
            + size;
    for (int maxBytes = 3 * wireBytes - 3; maxBytes <= 3 * wireBytes + 3; maxBytes++) {
      reconnect(
          broker.options().maxBytes(maxBytes).pull(Duration.ofSeconds(5), Duration.ofSeconds(15)));
      var reading = read(new StartAt.Beginning(), 0);
      await().until(() -> broker.consumers(stream.name()).size() == 1);
      String name = consumer().getName();
      reading.request(Long.MAX_VALUE);
      reading.awaitPackets(6);
      reading.assertNumbers(0, 6);
      assertThat(consumer().getName()).isEqualTo(name);
      reading.cancel();
      await().until(() -> broker.consumers(stream.name()).isEmpty());
    }
  }

  @Test
  void aStalledTableDoesNotHoldUpAnother() {
    var other = Broker.sibling(table, "others");
    broker.publishNumbers(table, 0, 20_000, 100);
    broker.publishNumbers(other, 0, 20_000, 100);
    var stalled = read(new StartAt.Beginning(), 1);
    stalled.awaitPackets(1);
    var reading = Reading.all(way.read(log, other, new StartAt.Beginning(), stream));
    readings.add(reading);
    reading.awaitPackets(20_000);
    reading.assertNumbers(0, 20_000);
    stalled.request(Long.MAX_VALUE);
    stalled.awaitPackets(20_000);
    stalled.assertNumbers(0, 20_000);
  }

  @Test
  void theFrontierOfAnIdleTableMovesWithItsStream() {
    var other = Broker.sibling(table, "others");
    broker.publishNumbers(table, 0, 3, 16);
    var reading = readAll();
    reading.awaitPackets(3);
    broker.publishNumbers(other, 0, 50, 16);
    await().atMost(Reading.LIMIT).until(() -> reading.last().frontier() == 53);
    assertThat(reading.last().packets()).isEmpty();
    assertThat(reading.last().caughtUp()).isTrue();
    broker.publishNumbers(table, 3, 1, 16);
    reading.awaitPackets(4);
    assertThat(reading.last().frontier()).isEqualTo(54);
    assertThat(reading.deliveries)
        .extracting(Delivery::frontier)
        .isSorted()
        .doesNotHaveDuplicates();
  }

  @Test
  void theFrontierOfATableThatNeverHadAMessageMovesToo() {
    broker.publishNumbers(Broker.sibling(table, "others"), 0, 50, 16);
    var reading = readAll();
    await().atMost(Reading.LIMIT).until(() -> !reading.deliveries.isEmpty());
    await().atMost(Reading.LIMIT).until(() -> reading.last().frontier() == 50);
    assertThat(reading.allPackets()).isEmpty();
    if (!way.wholeDatabase()) {
      assertThat(reading.deliveries).containsExactly(new Delivery(List.of(), 0, 50));
    }
  }

  @Test
  void theFrontierNeedsDemand() {
    var other = Broker.sibling(table, "others");
    broker.publishNumbers(table, 0, 1, 16);
    var reading = read(new StartAt.Beginning(), 1);
    reading.awaitPackets(1);
    broker.publishNumbers(other, 0, 50, 16);
    await()
        .during(Duration.ofMillis(600))
        .atMost(Reading.LIMIT)
        .until(() -> reading.deliveries.size() == 1);
    reading.request(1);
    await().atMost(Reading.LIMIT).until(() -> reading.last().frontier() == 51);
  }

  @Test
  void cancellationLeavesNoConsumerBehind() {
    broker.publishNumbers(table, 0, 5000, 100);
    for (int i = 0; i < 5; i++) {
      var reading = read(new StartAt.Beginning(), 1);
      if (i > 0) {
        reading.awaitPackets(1);
      }
      reading.cancel();
    }
    await().atMost(Reading.LIMIT).until(() -> broker.consumers(stream.name()).isEmpty());
  }

  @Test
  void aSlowReaderGetsEverythingOnce() {
    broker.publishNumbers(table, 0, 3000, 1000);
    reconnect(broker.options().maxMessages(300).maxBytes(100_000).delivery(50, 20_000));
    List<Packet> packets = new ArrayList<>();
    from(new StartAt.Beginning())
        .delayElements(Duration.ofMillis(2))
        .doOnNext(delivery -> packets.addAll(delivery.packets()))
        .takeUntil(delivery -> delivery.frontier() == 3000)
        .blockLast(Reading.LIMIT);
    assertThat(packets).extracting(p -> Broker.number(p.data())).hasSize(3000).isSorted();
    assertThat(packets).extracting(Packet::sequence).doesNotHaveDuplicates();
  }

  @Test
  void closingTheLogEndsReading() {
    var reading = readAll();
    broker.publishNumbers(table, 0, 1, 16);
    reading.awaitPackets(1);
    log.close().block();
    assertThat(reading.awaitError()).hasMessageContaining("closed by this program");
  }
}
