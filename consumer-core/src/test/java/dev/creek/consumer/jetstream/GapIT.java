package dev.creek.consumer.jetstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.testing.NatsExtension;
import io.nats.client.PurgeOptions;
import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;

/** What the broker does not hold any more is told, never passed over in silence. */
@EachWay
final class GapIT {
  @Parameter private Way way;

  @RegisterExtension static final NatsExtension nats = NatsExtension.shared();

  private final SourceTable table = Broker.newTable();
  private final SourceTable other = Broker.sibling(table, "others");
  private final String walStream = Broker.walStream(table);
  private Broker broker;
  private JetStreamLog log;
  private StreamIdentity stream;

  @BeforeEach
  void open() {
    broker = new Broker(nats.server(), way.reader());
    log =
        Objects.requireNonNull(
            JetStreamLog.connect(broker.options().maxMessages(100).delivery(50, 1 << 20).build())
                .block());
    broker.createWal(table);
    stream = identity();
  }

  @AfterEach
  void close() {
    log.close().block();
    broker.close();
  }

  private StreamIdentity identity() {
    return Objects.requireNonNull(log.state(table).block()).stream();
  }

  private Reading read(long firstSequence) {
    return Reading.all(way.read(log, table, new StartAt.Sequence(firstSequence), stream));
  }

  private void purge(PurgeOptions options) {
    Broker.call(() -> broker.management.purgeStream(walStream, options));
  }

  private void purgeUpTo(long sequence) {
    purge(PurgeOptions.builder().sequence(sequence).build());
  }

  private void recreate() {
    Broker.call(() -> broker.management.deleteStream(walStream));
    broker.createWal(table);
  }

  private void assertGap(Reading reading, String... parts) {
    assertThat(reading.awaitError())
        .isInstanceOf(BrokerException.Gap.class)
        .hasMessageContainingAll(walStream, "snapshot")
        .hasMessageContainingAll(parts);
  }

  @Test
  void messagesRemovedBeforeTheStartAreAGap() {
    broker.publishNumbers(table, 0, 20, 16);
    purgeUpTo(11);
    assertGap(read(10), "begins at sequence 11", "messages 10 to 10 were removed");
  }

  @Test
  void theOldestMessageIsNoGap() {
    broker.publishNumbers(table, 0, 20, 16);
    purgeUpTo(11);
    var reading = read(11);
    reading.awaitPackets(10);
    reading.assertNumbers(10, 10);
    reading.cancel();
  }

  @Test
  void anEmptiedStreamWhoseEndWasReachedIsNoGap() {
    broker.publishNumbers(table, 0, 20, 16);
    purge(PurgeOptions.builder().build());
    var reading = read(21);
    broker.publishNumbers(table, 20, 3, 16);
    reading.awaitPackets(3);
    reading.assertNumbers(20, 3);
    reading.cancel();
  }

  @Test
  void anEmptiedStreamIsAGapForAReaderWithinIt() {
    broker.publishNumbers(table, 0, 20, 16);
    purge(PurgeOptions.builder().build());
    assertGap(read(20), "messages 20 to 20 were removed");
  }

  @Test
  void aFreshStreamIsNoGap() {
    var reading = read(1);
    broker.publishNumbers(table, 0, 3, 16);
    reading.awaitPackets(3);
    reading.cancel();
  }

  @Test
  void aRecreatedStreamIsAGap() {
    broker.publishNumbers(table, 0, 20, 16);
    recreate();
    broker.publishNumbers(table, 0, 50, 16);
    assertGap(read(21), "created anew");
  }

  @Test
  void aStreamRecreatedWhileItIsReadIsAGap() {
    broker.publishNumbers(table, 0, 20, 16);
    var reading = read(1);
    reading.awaitPackets(20);
    recreate();
    broker.publishNumbers(table, 100, 50, 16);
    assertGap(reading, "created anew");
    reading.assertNumbers(0, 20);
  }

  @Test
  void anotherStreamIsAGap() {
    var elsewhere = new StreamIdentity("CREEK_wal", Instant.now());
    var reading = Reading.all(way.read(log, table, new StartAt.Sequence(1), elsewhere));
    assertGap(reading, "belongs to stream CREEK_wal,", "generation");
  }

  @Test
  void aStreamThatEndsBeforeThePositionIsAGap() {
    broker.publishNumbers(table, 0, 5, 16);
    assertGap(read(21), "ends at sequence 5", "position is at 20");
  }

  @Test
  void retentionThatOvertakesALaggingReaderIsAGapThoughItsConsumerLivesOn() {
    broker.publishNumbers(table, 0, 1000, 16);
    var reading = Reading.of(way.read(log, table, new StartAt.Sequence(1), stream), 1);
    reading.awaitPackets(1);
    // What waits in the reader's window has been read; behind it there will be a hole.
    await()
        .atMost(Reading.LIMIT)
        .until(
            () -> broker.consumers(walStream).get(0).getDelivered().getConsumerSequence() >= 100);
    purgeUpTo(501);
    reading.request(Long.MAX_VALUE);
    assertGap(reading, "begins at sequence 501");
    long read = reading.packets.get();
    assertThat(read).isLessThan(500);
    reading.assertNumbers(0, read);
  }

  @Test
  void aLaggingReaderFindsTheGapEvenWhereNothingIsLeftBehindIt() {
    broker.publishNumbers(table, 0, 1000, 16);
    var reading = Reading.of(way.read(log, table, new StartAt.Sequence(1), stream), 1);
    reading.awaitPackets(1);
    purge(PurgeOptions.builder().build());
    reading.request(Long.MAX_VALUE);
    assertGap(reading, "begins at sequence 1001");
  }

  @Test
  void purgingOneTableBehindAnIdleReaderOfAnotherIsNoGap() {
    broker.publishNumbers(table, 0, 5, 16);
    var reading = read(1);
    reading.awaitPackets(5);
    broker.publishNumbers(other, 0, 100, 16);
    await().atMost(Reading.LIMIT).until(() -> reading.last().frontier() == 105);
    purge(PurgeOptions.builder().build());
    reading.cancel();
    var again = read(reading.last().frontier() + 1);
    broker.publishNumbers(table, 5, 5, 16);
    again.awaitPackets(5);
    again.assertNumbers(5, 5);
    again.cancel();
  }

  @Test
  void retentionAtTheHeelsOfAReaderFromTheBeginningIsNoGap() {
    var limited = Broker.newTable();
    broker.createWal(limited, b -> b.maxMessages(200));
    broker.publishNumbers(limited, 0, 1000, 16);
    var reading = Reading.all(way.read(log, limited, new StartAt.Beginning(), stream));
    reading.awaitPackets(200);
    for (int i = 0; i < 20; i++) {
      broker.publishNumbers(limited, 1000 + i * 100L, 100, 16);
      reading.awaitPackets(300 + i * 100L);
    }
    reading.cancel();
    reading.assertNumbers(800, 2200);
  }

  @Test
  void aReaderThatRetentionOvertookWhileItWasAwayFindsAGap() {
    var limited = Broker.newTable();
    broker.createWal(limited, b -> b.maxMessages(200));
    broker.publishNumbers(limited, 0, 100, 16);
    var identity = Objects.requireNonNull(log.state(limited).block()).stream();
    var reading = Reading.all(way.read(log, limited, new StartAt.Beginning(), identity));
    reading.awaitPackets(100);
    reading.cancel();
    broker.publishNumbers(limited, 100, 300, 16);
    var again = Reading.all(way.read(log, limited, new StartAt.Sequence(101), identity));
    assertThat(again.awaitError())
        .isInstanceOf(BrokerException.Gap.class)
        .hasMessageContaining("messages 101 to 200 were removed");
  }
}
