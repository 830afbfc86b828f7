package dev.creek.consumer.jetstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.testing.NatsExtension;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which producer's streams are there. */
final class GenerationIT {
  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  private static final SourceTable TABLE = new SourceTable("shop", "public", "items");

  private Broker broker;
  private JetStreamLog log;

  @BeforeEach
  void open() {
    broker = new Broker(nats.server());
    log = connect(broker.options());
  }

  @AfterEach
  void close() {
    log.close().block();
    broker.close();
  }

  private static JetStreamLog connect(BrokerOptions.Builder options) {
    return Objects.requireNonNull(JetStreamLog.connect(options.build()).block());
  }

  private void createNew() {
    broker.createStream("CREEK_wal_shop", "CREEK_wal_shop.>");
  }

  private void createOld(String database) {
    broker.createStream("CREEK_wal", "CREEK." + database + ".wal.>");
  }

  private Throwable failure() {
    return Objects.requireNonNull(log.generation("shop").materialize().block()).getThrowable();
  }

  @ParameterizedTest
  @EnumSource
  void eachGenerationIsFoundAndReadByItsOwnNames(Generation generation) {
    String subject = Broker.names(generation).walSubject(TABLE);
    if (generation == Generation.NEW) {
      createNew();
    } else {
      createOld("shop");
    }
    broker.publish(subject, Broker.numbered(0, 16));
    assertThat(log.generation("shop").block()).isEqualTo(generation);
    var state = Objects.requireNonNull(log.state(TABLE).block());
    assertThat(state.stream().name()).isEqualTo(Broker.names(generation).walStream("shop"));
    assertThat(state.lastSequence()).isEqualTo(1);
    assertThat(state.firstTime()).isNotNull();
    var reading = Reading.all(log.read(TABLE, new StartAt.Sequence(1), state.stream()));
    reading.awaitPackets(1);
    reading.assertNumbers(0, 1);
    reading.cancel();
  }

  @Test
  void newWinsWhereBothAreThere() {
    createOld("shop");
    createNew();
    assertThat(log.generation("shop").block()).isEqualTo(Generation.NEW);
  }

  @Test
  void aStreamOfThatNameWithOtherSubjectsDoesNotCount() {
    createOld("shop");
    broker.createStream("CREEK_wal_shop", "something.else");
    assertThat(log.generation("shop").block()).isEqualTo(Generation.OLD);
  }

  @Test
  void anOptionForcesOne() {
    createOld("shop");
    createNew();
    log.close().block();
    log = connect(broker.options().generation(Generation.OLD));
    assertThat(log.generation("shop").block()).isEqualTo(Generation.OLD);
    assertThat(Objects.requireNonNull(log.state(TABLE).block()).stream().name())
        .isEqualTo("CREEK_wal");
  }

  @Test
  void noneIsUnavailableAndTheNamesAreTold() {
    assertThat(failure())
        .isInstanceOf(BrokerException.Unavailable.class)
        .hasMessageContainingAll("CREEK_wal_shop", "CREEK_wal ", "database shop");
  }

  @Test
  void anOldStreamOfAnotherDatabaseIsNotTaken() {
    createOld("other");
    assertThat(failure()).isInstanceOf(BrokerException.Unavailable.class);
    assertThat(log.generation("other").block()).isEqualTo(Generation.OLD);
  }

  @Test
  void aStreamThatIsNotThereYetIsFoundOnceItIs() {
    assertThat(failure()).isNotNull();
    createNew();
    assertThat(log.generation("shop").block()).isEqualTo(Generation.NEW);
  }

  @Test
  void theOtherGenerationIsFoundOnceTheFirstIsGone() {
    createOld("shop");
    assertThat(log.generation("shop").block()).isEqualTo(Generation.OLD);
    Broker.call(() -> broker.management.deleteStream("CREEK_wal"));
    createNew();
    assertThat(Objects.requireNonNull(log.state(TABLE).materialize().block()).getThrowable())
        .hasMessageContaining("no stream CREEK_wal");
    assertThat(log.generation("shop").block()).isEqualTo(Generation.NEW);
  }

  @Test
  void aReaderThatHasReadNothingYetFollowsToTheOtherGeneration() {
    createOld("shop");
    var stream = Objects.requireNonNull(log.state(TABLE).block()).stream();
    var reading = Reading.all(log.read(TABLE, new StartAt.Beginning(), stream));
    await().until(() -> broker.consumers("CREEK_wal").size() == 1);
    Broker.call(() -> broker.management.deleteStream("CREEK_wal"));
    createNew();
    broker.publish(Broker.walSubject(TABLE), Broker.numbered(0, 16));
    reading.awaitPackets(1);
    reading.cancel();
  }

  @Test
  void anEmptyStreamHasNoFirstTime() {
    createNew();
    var state = Objects.requireNonNull(log.state(TABLE).block());
    assertThat(state.firstTime()).isNull();
    assertThat(state.lastSequence()).isZero();
  }

  @Test
  void namesThatCannotBeAddressedAreTheCallersError() {
    createNew();
    var table = new SourceTable("shop", "public", "a.b");
    var reading =
        Reading.all(
            log.read(
                table,
                new StartAt.Beginning(),
                Objects.requireNonNull(log.state(TABLE).block()).stream()));
    assertThat(reading.awaitError())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'a.b'");
  }
}
