package dev.creek.consumer.jetstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Position.StreamIdentity;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.stream.Packet;
import dev.creek.consumer.stream.ReadListener;
import dev.creek.consumer.stream.StartAt;
import dev.creek.consumer.testing.NatsServer;
import io.nats.client.api.ConsumerInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@code readDatabase} gives beyond what holds for a table as well. */
@ParameterizedClass(name = "{0}, {1}")
@CsvSource({"DIRECT,NEWEST", "CLIENT,NEWEST", "DIRECT,OLDEST", "CLIENT,OLDEST"})
final class DatabaseReadIT {
  private static final int TABLES = 50;
  private static final int ROUNDS = 60;

  @Parameter(0)
  private BrokerOptions.Reader reader;

  @Parameter(1)
  private Version version;

  private final List<Reading> readings = new ArrayList<>();
  private NatsServer server;
  private Broker broker;
  private JetStreamLog log;

  /** Of nats-server. */
  enum Version {
    NEWEST,
    OLDEST
  }

  @BeforeEach
  void open() {
    if (version == Version.OLDEST) {
      Optional<String> missing = NatsServer.oldestMissing();
      Assumptions.assumeTrue(missing.isEmpty(), () -> missing.orElse(""));
      server = NatsServer.builder().oldest().start();
    } else {
      server = NatsServer.builder().start();
    }
    broker = new Broker(server, reader);
    log = Objects.requireNonNull(JetStreamLog.connect(broker.options().build()).block());
  }

  @AfterEach
  void close() {
    readings.forEach(Reading::cancel);
    if (log != null) {
      log.close().block(Reading.LIMIT);
      broker.close();
      server.close();
    }
  }

  private static SourceTable table(String database, int i) {
    return new SourceTable(database, "public", "table_" + i);
  }

  /** The stream that changes of these databases are published to. */
  private String createStream(Generation generation, String... databases) {
    var names = Broker.names(generation);
    String stream = names.walStream(databases[0]);
    String[] subjects = Arrays.stream(databases).map(names::walSubjects).toArray(String[]::new);
    broker.createStream(stream, subjects);
    return stream;
  }

  private StreamIdentity identity(String database) {
    return Objects.requireNonNull(log.state(table(database, 0)).block()).stream();
  }

  private Reading read(String database, StartAt start, long demand) {
    var reading =
        Reading.of(
            log.readDatabase(database, start, identity(database), ReadListener.NONE), demand);
    readings.add(reading);
    return reading;
  }

  private Reading readAll(String database) {
    return read(database, new StartAt.Beginning(), Long.MAX_VALUE);
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void givesEveryMessageInTheStreamsOrderWithItsTable(Generation generation) {
    createStream(generation, "shop");
    var names = Broker.names(generation);
    for (int i = 0; i < TABLES * ROUNDS; i++) {
      broker.publish(names.walSubject(table("shop", i % TABLES)), Broker.numbered(i, 100));
    }

    var reading = readAll("shop");
    reading.awaitPackets(TABLES * ROUNDS);

    reading.assertNumbers(0, TABLES * ROUNDS);
    Set<SourceTable> objects = Collections.newSetFromMap(new IdentityHashMap<>());
    long sequence = 0;
    for (Packet packet : reading.allPackets()) {
      assertThat(packet.sequence()).isEqualTo(++sequence);
      assertThat(packet.table())
          .isEqualTo(table("shop", (int) (Broker.number(packet.data()) % TABLES)));
      objects.add(packet.table());
    }
    assertThat(objects).as("one object a table").hasSize(TABLES);
  }

  /** A filter below the stream's own subject costs the server more than all messages do. */
  @Test
  void itsConsumerHasNoFilter() {
    String stream = createStream(Generation.NEW, "shop");
    broker.publish(Broker.walSubject(table("shop", 0)), Broker.numbered(0, 16));
    readAll("shop").awaitPackets(1);

    List<ConsumerInfo> consumers = broker.consumers(stream);
    assertThat(consumers).hasSize(1);
    assertThat(consumers.get(0).getConsumerConfiguration().getFilterSubjects()).isNullOrEmpty();
  }

  @Test
  void messagesOfOtherDatabasesOfASharedStreamHaveNoTable() {
    createStream(Generation.OLD, "shop", "shop2", "bank");
    var names = Broker.names(Generation.OLD);
    List<String> databases = List.of("shop", "shop2", "bank");
    for (int i = 0; i < 90; i++) {
      broker.publish(names.walSubject(table(databases.get(i % 3), i % 7)), Broker.numbered(i, 16));
    }

    var reading = readAll("shop");
    reading.awaitPackets(90);

    reading.assertNumbers(0, 90);
    for (Packet packet : reading.allPackets()) {
      int i = (int) Broker.number(packet.data());
      assertThat(packet.table()).isEqualTo(i % 3 == 0 ? table("shop", i % 7) : null);
    }
  }

  @Test
  void packetsOfATableThatIsReadAloneNeedNone() {
    createStream(Generation.NEW, "shop");
    broker.publishNumbers(table("shop", 0), 0, 3, 16);
    var reading =
        Reading.all(log.read(table("shop", 0), new StartAt.Beginning(), identity("shop")));
    readings.add(reading);
    reading.awaitPackets(3);
    assertThat(reading.allPackets()).extracting(Packet::table).containsOnlyNulls();
  }

  @Test
  void pendingCountsTheMessagesOfAllTables() {
    createStream(Generation.NEW, "shop");
    for (int i = 0; i < 40; i++) {
      broker.publish(Broker.walSubject(table("shop", i % 4)), Broker.numbered(i, 16));
    }
    log.close().block(Reading.LIMIT);
    log =
        Objects.requireNonNull(
            JetStreamLog.connect(broker.options().delivery(10, 1 << 20).build()).block());

    var reading = readAll("shop");
    reading.awaitPackets(40);

    long left = 40;
    for (var delivery : reading.deliveries) {
      left -= delivery.packets().size();
      assertThat(delivery.pending()).isEqualTo(left);
    }
  }

  @Test
  void messagesOfTheLongestSizeComeWithTheirTable() {
    createStream(Generation.NEW, "shop");
    for (int i = 0; i < 12; i++) {
      broker.publish(Broker.walSubject(table("shop", i % 5)), Broker.numbered(i, 1_000_000));
      broker.publish(Broker.walSubject(table("shop", i % 3)), Broker.numbered(i, 16));
    }
    var reading = readAll("shop");
    reading.awaitPackets(24);
    List<Packet> packets = reading.allPackets();
    for (int i = 0; i < 24; i++) {
      assertThat(packets.get(i).table()).isEqualTo(table("shop", i / 2 % (i % 2 == 0 ? 5 : 3)));
    }
  }

  @Test
  void theFrontierPassesAMessageThatWasDeletedFromTheStreamsEnd() {
    String stream = createStream(Generation.NEW, "shop");
    broker.publishNumbers(table("shop", 0), 0, 3, 16);
    Broker.call(() -> broker.management.deleteMessage(stream, 3));
    var reading = readAll("shop");
    await().atMost(Reading.LIMIT).until(() -> !reading.deliveries.isEmpty());
    await().atMost(Reading.LIMIT).until(() -> reading.last().frontier() == 3);
    assertThat(reading.packets).hasValue(2);
    broker.publishNumbers(table("shop", 1), 3, 1, 16);
    reading.awaitPackets(3);
    assertThat(reading.last().frontier()).isEqualTo(4);
  }

  /** What a table alone may miss, a database needs. */
  @Test
  void anyTablesMessageThatIsMissingIsAGap() {
    String stream = createStream(Generation.NEW, "shop");
    for (int i = 0; i < 20; i++) {
      broker.publish(Broker.walSubject(table("shop", i % 4)), Broker.numbered(i, 16));
    }
    Broker.call(() -> broker.management.deleteMessage(stream, 11));
    assertThat(read("shop", new StartAt.Sequence(5), Long.MAX_VALUE).awaitError())
        .isInstanceOf(BrokerException.Gap.class)
        .hasMessageContaining("message 11 of stream " + stream);
  }
}
