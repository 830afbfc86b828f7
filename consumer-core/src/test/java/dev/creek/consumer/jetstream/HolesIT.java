package dev.creek.consumer.jetstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.wire.Subjects;
import io.nats.client.JetStreamApiException;
import io.nats.client.PurgeOptions;
import io.nats.client.api.DiscardPolicy;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Messages that are deleted from the middle of a stream are a gap for those who may have needed
 * them, and nothing to those who had read as far.
 */
@EachWay
final class HolesIT {
  @Parameter private Way way;

  @RegisterExtension static final NatsExtension nats = NatsExtension.shared();

  private final SourceTable table = Broker.newTable();
  private final SourceTable other = Broker.sibling(table, "others");
  private final String walStream = Broker.walStream(table);
  private Broker broker;
  private JetStreamLog log;

  @BeforeEach
  void open() {
    broker = new Broker(nats.server(), way.reader());
    log =
        Objects.requireNonNull(
            JetStreamLog.connect(broker.options().maxMessages(100).delivery(50, 1 << 20).build())
                .block());
  }

  @AfterEach
  void close() {
    log.close().block();
    broker.close();
  }

  /** Ten of the table between two of others, so that the stream has a middle. */
  private void createFilled() {
    broker.createWal(table);
    fill();
  }

  private void fill() {
    broker.publishNumbers(other, 0, 1, 16);
    broker.publishNumbers(table, 0, 10, 16);
    broker.publishNumbers(other, 1, 1, 16);
  }

  private StreamIdentity identity() {
    return Objects.requireNonNull(log.state(table).block()).stream();
  }

  private Reading read(StartAt start) {
    return Reading.all(way.read(log, table, start, identity()));
  }

  private Reading read(long first) {
    return read(new StartAt.Sequence(first));
  }

  private void purgeSubjectOf(SourceTable purged) {
    var options = PurgeOptions.builder().subject(Broker.walSubject(purged)).build();
    Broker.call(() -> broker.management.purgeStream(walStream, options));
  }

  private void delete(long sequence) {
    Broker.call(() -> broker.management.deleteMessage(walStream, sequence));
  }

  private void assertGap(Reading reading, long hole) {
    assertThat(reading.awaitError())
        .isInstanceOf(BrokerException.Gap.class)
        .hasMessageContainingAll(
            "message " + hole + " of stream " + walStream, "deleted", "snapshot", "resume_table");
  }

  @Test
  void aPurgeOfTheTablesSubjectBeforeItWasReadIsAGap() {
    createFilled();
    purgeSubjectOf(table);
    assertGap(read(6), 6);
  }

  @ParameterizedTest
  @EnumSource(StorageType.class)
  void oneMessageDeletedBeforeItWasReadIsAGap(StorageType storage) {
    broker.createWal(table, b -> b.storageType(storage));
    fill();
    delete(8);
    assertGap(read(6), 8);
  }

  @Test
  void theLastMessageDeletedBeforeItWasReadIsAGap() {
    broker.createWal(table);
    broker.publishNumbers(table, 0, 10, 16);
    delete(10);
    assertGap(read(10), 10);
  }

  @Test
  void aPurgeThatATableByTimeCannotHaveReadIsAGap() {
    createFilled();
    var before = Objects.requireNonNull(log.state(table).block()).firstTime();
    purgeSubjectOf(table);
    assertGap(read(new StartAt.Time(Objects.requireNonNull(before))), 2);
  }

  /** Whoever reads on from there learns that they are missing. */
  @Test
  void thePlaceOfATimeLiesBeforeWhatIsMissingSince() {
    broker.createWal(table);
    publish(other, 1);
    publish(table, 2);
    publish(table, 3);
    publish(other, 4);
    purgeSubjectOf(table);
    publish(other, 5);
    publish(table, 6);
    assertThat(committedSince(2)).isEqualTo(1);
    assertThat(committedSince(3)).isEqualTo(1);
    assertThat(committedSince(5)).isEqualTo(5);
    Instant first = Objects.requireNonNull(log.state(table).block()).firstTime();
    assertThat(log.changesSince(table, Objects.requireNonNull(first)).block().after())
        .isLessThan(2);
  }

  private void publish(SourceTable of, long transaction) {
    byte[] packet = TableWire.of(of).column("n", "int4").insert(WalTx.of(transaction), 1).packet();
    Broker.call(() -> broker.connection.jetStream().publish(Broker.walSubject(of), packet));
  }

  private long committedSince(long transaction) {
    return log.committedSince(table, WalTx.of(transaction).committedAt()).block().after();
  }

  @Test
  void aPurgeOfTheTablesSubjectThatOvertakesALaggingReaderIsAGap() {
    broker.createWal(table);
    broker.publishNumbers(other, 0, 1, 16);
    broker.publishNumbers(table, 0, 1000, 16);
    var reading = Reading.of(way.read(log, table, new StartAt.Sequence(1), identity()), 1);
    reading.awaitDelivery();
    awaitDelivered(100);
    purgeSubjectOf(table);
    broker.publishNumbers(table, 2000, 10, 16);
    reading.request(Long.MAX_VALUE);
    assertThat(reading.awaitError())
        .isInstanceOf(BrokerException.Gap.class)
        .hasMessageContaining("was deleted before it was read");
    long read = reading.packets.get();
    assertThat(read).isLessThan(1000);
    reading.assertNumbers(0, read);
  }

  @Test
  void aLaggingReaderFindsTheGapEvenWhereNothingIsLeftOfItsTable() {
    broker.createWal(table);
    broker.publishNumbers(other, 0, 1, 16);
    broker.publishNumbers(table, 0, 1000, 16);
    broker.publishNumbers(other, 1, 1, 16);
    var reading = Reading.of(way.read(log, table, new StartAt.Sequence(1), identity()), 1);
    reading.awaitDelivery();
    awaitDelivered(100);
    purgeSubjectOf(table);
    reading.request(Long.MAX_VALUE);
    assertThat(reading.awaitError())
        .isInstanceOf(BrokerException.Gap.class)
        .hasMessageContaining("was deleted before it was read");
    reading.assertNumbers(0, reading.packets.get());
  }

  @Test
  void singleMessagesDeletedBeforeALaggingReaderAreAGap() {
    broker.createWal(table);
    broker.publishNumbers(table, 0, 1000, 16);
    var reading = Reading.of(way.read(log, table, new StartAt.Sequence(1), identity()), 1);
    reading.awaitDelivery();
    awaitDelivered(100);
    delete(700);
    reading.request(Long.MAX_VALUE);
    assertGap(reading, 700);
    assertThat(reading.packets.get()).isLessThan(700);
    reading.assertNumbers(0, reading.packets.get());
  }

  @Test
  void aLimitPerSubjectThatOvertakesALaggingReaderIsAGap() {
    broker.createWal(table, b -> b.maxMessagesPerSubject(200));
    broker.publishNumbers(other, 0, 1, 16);
    broker.publishNumbers(table, 0, 200, 16);
    var reading = Reading.of(way.read(log, table, new StartAt.Sequence(1), identity()), 1);
    reading.awaitDelivery();
    awaitDelivered(100);
    broker.publishNumbers(table, 200, 500, 16);
    reading.request(Long.MAX_VALUE);
    assertThat(reading.awaitError())
        .isInstanceOf(BrokerException.Gap.class)
        .hasMessageContaining("was deleted before it was read");
    reading.assertNumbers(0, reading.packets.get());
  }

  @Test
  void aPurgeWhileAReaderThatHadCaughtUpStandsStillIsAGap() {
    broker.createWal(table);
    broker.publishNumbers(other, 0, 1, 16);
    var reading = Reading.of(way.read(log, table, new StartAt.Sequence(2), identity()), 1);
    await().atMost(Reading.LIMIT).until(() -> broker.consumers(walStream).size() == 1);
    broker.publishNumbers(table, 0, 1000, 16);
    reading.awaitDelivery();
    awaitDelivered(100);
    await().during(Duration.ofMillis(300)).until(() -> reading.error == null);
    purgeSubjectOf(table);
    broker.publishNumbers(table, 2000, 1, 16);
    reading.request(Long.MAX_VALUE);
    assertThat(reading.awaitError()).isInstanceOf(BrokerException.Gap.class);
    reading.assertNumbers(0, reading.packets.get());
  }

  private void awaitDelivered(long count) {
    await()
        .atMost(Reading.LIMIT)
        .until(
            () -> broker.consumers(walStream).get(0).getDelivered().getConsumerSequence() >= count);
  }

  @Test
  void whatIsDeletedWhenItHasBeenReadIsNoGap() {
    createFilled();
    var reading = read(2);
    reading.awaitPackets(10);
    purgeSubjectOf(table);
    broker.publishNumbers(table, 10, 5, 16);
    reading.awaitPackets(15);
    await().atMost(Reading.LIMIT).until(() -> reading.last().frontier() == 17);
    reading.cancel();
    var again = read(13);
    again.awaitPackets(5);
    again.assertNumbers(10, 5);
    again.cancel();
  }

  @Test
  void aPurgeOfAnotherTableBehindAReaderThatWaitsIsNoGap() {
    createFilled();
    var reading = read(2);
    reading.awaitPackets(10);
    broker.publishNumbers(other, 2, 100, 16);
    if (way.wholeDatabase()) {
      // It needs them itself.
      await().atMost(Reading.LIMIT).until(() -> reading.last().frontier() == 112);
    }
    purgeSubjectOf(other);
    broker.publishNumbers(other, 102, 1, 16);
    await().atMost(Reading.LIMIT).until(() -> reading.last().frontier() == 113);
    broker.publishNumbers(table, 10, 5, 16);
    reading.awaitPackets(15);
    reading.assertNumbers(0, 15);
    reading.cancel();
  }

  @Test
  void whatALaggingReaderHoldsAlreadyMayGo() {
    broker.createWal(table);
    broker.publishNumbers(table, 0, 60, 16);
    var reading = Reading.of(way.read(log, table, new StartAt.Sequence(1), identity()), 1);
    reading.awaitDelivery();
    awaitDelivered(60);
    delete(55);
    reading.request(Long.MAX_VALUE);
    reading.awaitPackets(60);
    broker.publishNumbers(table, 60, 200, 16);
    reading.awaitPackets(260);
    reading.assertNumbers(0, 260);
    reading.cancel();
  }

  @Test
  void whoBeginsWithWhatThereIsNeedsNothingThatWasDeletedBefore() {
    createFilled();
    delete(4);
    delete(8);
    var reading = read(new StartAt.Beginning());
    reading.awaitPackets(8);
    reading.cancel();
  }

  @Test
  void whoBeginsWithWhatThereIsNeedsAllFromThenOn() {
    broker.createWal(table);
    broker.publishNumbers(table, 0, 1000, 16);
    delete(4);
    delete(900);
    var reading = Reading.of(way.read(log, table, new StartAt.Beginning(), identity()), 1);
    reading.awaitDelivery();
    awaitDelivered(100);
    delete(800);
    reading.request(Long.MAX_VALUE);
    assertGap(reading, 800);
  }

  @Test
  void whatASnapshotHoldsMayBeMissingAndNothingBehindIt() {
    createFilled();
    delete(4);
    delete(8);
    var reading = read(new StartAt.Sequence(2, 8));
    reading.awaitPackets(8);
    reading.cancel();
    assertGap(read(new StartAt.Sequence(2, 7)), 8);
  }

  @Test
  void rowsDeletedFromTheMiddleOfASnapshotEndIt() {
    Subjects names = Broker.names(dev.creek.consumer.api.Generation.NEW);
    String stream = names.snapshotStream(table.database());
    broker.createStream(stream, stream + ".>");
    String older = stream + ".public.items.older";
    String subject = stream + ".public.items.newer";
    for (int i = 0; i < 5; i++) {
      broker.publish(older, Broker.numbered(i, 16));
    }
    for (int i = 0; i < 200; i++) {
      broker.publish(subject, Broker.numbered(i, 16));
    }
    Broker.call(() -> broker.management.deleteMessage(stream, 3));
    var whole = Reading.all(log.readSnapshot(table, subject));
    whole.awaitPackets(200);
    whole.cancel();

    Broker.call(() -> broker.management.deleteMessage(stream, 100));
    assertThat(Reading.all(log.readSnapshot(table, subject)).awaitError())
        .isInstanceOf(BrokerException.Gap.class)
        .hasMessageContaining("message 100 of stream " + stream);
  }

  @Test
  void checkSaysWhatMakesHoles() {
    broker.createWal(
        table,
        b ->
            b.maxMessagesPerSubject(5).discardPolicy(DiscardPolicy.New).maxAge(Duration.ofDays(9)));
    broker.publishNumbers(table, 0, 5, 16);
    delete(3);
    assertThat(log.checks().streams(table.database()).collectList().block(Patience.LIMIT))
        .extracting(Object::toString)
        .anyMatch(text -> text.contains("keeps only 5 messages of each table"))
        .anyMatch(text -> text.contains("1 message was deleted from its middle"))
        .anyMatch(text -> text.contains("refuses new messages when it is full"));
  }

  @ParameterizedTest
  @EnumSource(
      value = RetentionPolicy.class,
      names = {"WorkQueue", "Interest"})
  void checkSaysHowAStreamComesToKeepItsMessages(RetentionPolicy retention) {
    broker.createWal(table, b -> b.retentionPolicy(retention).maxAge(Duration.ofDays(9)));
    String subject = walStream + ".>";
    assertThat(log.checks().streams(table.database()).collectList().block(Patience.LIMIT))
        .extracting(Finding::fix)
        .anyMatch(
            fix ->
                fix != null
                    && fix.contains(
                        "nats stream rm %1$s -f; nats stream add %1$s --subjects='%2$s' --retention=limits"
                            .formatted(walStream, subject))
                    && fix.contains("nats stream edit " + walStream + " --retention=limits")
                        == (retention == RetentionPolicy.Interest));
    // Why it says so: what the server alters, and what it does not.
    assertThat(isAlteredToLimits())
        .isEqualTo(
            retention == RetentionPolicy.Interest
                && broker.connection.getServerInfo().isNewerVersionThan("2.9.99"));
  }

  private boolean isAlteredToLimits() {
    return Broker.call(
        () -> {
          var current = broker.management.getStreamInfo(walStream).getConfiguration();
          try {
            broker.management.updateStream(
                StreamConfiguration.builder(current)
                    .retentionPolicy(RetentionPolicy.Limits)
                    .build());
            return true;
          } catch (JetStreamApiException e) {
            return false;
          }
        });
  }
}
