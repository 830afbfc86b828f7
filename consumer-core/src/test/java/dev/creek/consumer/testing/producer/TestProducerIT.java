package dev.creek.consumer.testing.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.creek.consumer.testing.GoldenCapture;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.wire.Generation;
import dev.creek.consumer.wire.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A producer's life: starts, stops, crashes, requests, and what it does about TOAST. */
final class TestProducerIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int MAX_PAYLOAD = 64 << 10;

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.own();

  @RegisterExtension
  final NatsExtension nats = NatsExtension.own(NatsServer.builder().maxPayload(MAX_PAYLOAD));

  private PostgresDatabase source;
  private TestProducer producer;

  @BeforeEach
  void createTable() {
    source = postgres.server().createDatabase();
    source.execute("create table items (id bigint primary key, note text, big text)");
  }

  @AfterEach
  void dropSlot() {
    if (producer != null) {
      await().atMost(PATIENCE).ignoreExceptions().until(() -> dropped());
    }
  }

  /** The server lets go of a killed producer's slot a moment later. */
  private boolean dropped() {
    producer.dropSlot();
    return true;
  }

  @ParameterizedTest
  @EnumSource
  void nothingIsPublishedAgainAfterAStop(Generation generation) throws Exception {
    start(generation);
    insert(1, 50);
    producer.stop();
    insert(51, 100);
    producer.start();
    producer.awaitCaughtUp(PATIENCE);

    assertThat(ids(generation)).isEqualTo(LongStream.rangeClosed(1, 100).boxed().toList());
    assertThat(producer.published()).isEqualTo(100);
    assertThat(producer.drops()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void theDefectPublishesTheLastTransactionsAgain(Generation generation) throws Exception {
    start(generation, Defect.DUPLICATE_AFTER_RESTART);
    insert(1, 50);
    producer.awaitCaughtUp(PATIENCE);
    producer.stop();
    producer.start();
    producer.awaitCaughtUp(PATIENCE);

    assertThat(ids(generation))
        .isEqualTo(
            IntStream.concat(IntStream.rangeClosed(1, 50), IntStream.rangeClosed(31, 50))
                .mapToObj(Long::valueOf)
                .toList());
  }

  @ParameterizedTest
  @EnumSource
  void killsLoseNothingAndRepeatWholeTransactions(Generation generation) throws Exception {
    start(generation);
    source.execute("create table pairs (id bigint primary key)");
    try (var load = new PairsLoad(source)) {
      for (int kill = 0; kill < 5; kill++) {
        load.awaitMore(100);
        producer.kill();
        producer.start();
      }
    }
    producer.awaitCaughtUp(PATIENCE);

    assertNothingIsLost(generation);
  }

  @ParameterizedTest
  @EnumSource
  void restartsOfTheBrokerLoseNothing(Generation generation) throws Exception {
    var server = nats.restartable();
    start(generation);
    source.execute("create table pairs (id bigint primary key)");
    try (var load = new PairsLoad(source)) {
      for (int kill = 0; kill < 3; kill++) {
        load.awaitMore(100);
        server.kill();
        load.awaitMore(20);
        server.start();
      }
    }
    producer.awaitCaughtUp(PATIENCE);

    assertNothingIsLost(generation);
    assertThat(producer.trouble()).isPresent();
    assertThat(producer.failure()).isEmpty();
  }

  @Test
  void restartsOfTheSourceLoseNothing() throws Exception {
    start(Generation.OLD);
    insert(1, 100);
    postgres.restartable().kill();
    postgres.server().start();
    insert(101, 200);
    producer.awaitCaughtUp(PATIENCE);

    assertThat(new LinkedHashSet<>(ids(Generation.OLD)))
        .containsExactlyElementsOf(LongStream.rangeClosed(1, 200).boxed().toList());
  }

  /** The first time that each id comes, they come in order; a repeat begins with its first row. */
  private void assertNothingIsLost(Generation generation) throws Exception {
    var all = ids(generation);
    long rows = Long.parseLong(source.value("select count(*) from pairs"));
    assertThat(new LinkedHashSet<>(all))
        .containsExactlyElementsOf(LongStream.range(0, rows).boxed().toList());
    for (int i = 1; i < all.size(); i++) {
      if (all.get(i) != all.get(i - 1) + 1) {
        assertThat(all.get(i) % PairsLoad.ROWS).as("first of a transaction").isZero();
      }
    }
  }

  @Test
  void surfacesWhatWaitingCannotMend() {
    start(Generation.NEW);
    source.execute("drop publication creek_pub", "insert into items values (1)");

    await().atMost(PATIENCE).until(() -> producer.failure().isPresent());
    assertThat(producer.isRunning()).isFalse();
    assertThatThrownBy(() -> producer.awaitCaughtUp(PATIENCE))
        .isInstanceOf(IllegalStateException.class)
        .rootCause()
        .hasMessageContaining("publication \"creek_pub\" does not exist");
    source.execute("create publication creek_pub for all tables");
  }

  @Test
  void takesAnUnchangedToastedValueFromTheRowAsItIs() throws Exception {
    startWithToast();
    source.execute("update items set note = 'changed' where id = 1");
    producer.awaitCaughtUp(PATIENCE);

    assertThat(changes()).containsExactly("c null 1 a 40000", "u 1 1 changed 40000");
  }

  @Test
  void leavesOutAnUpdateOfARowThatIsGone() throws Exception {
    startWithToast();
    producer.stop();
    source.execute("update items set note = 'changed'", "delete from items");
    producer.start();
    producer.awaitCaughtUp(PATIENCE);

    assertThat(changes()).containsExactly("c null 1 a 40000", "d 1 null");
    assertThat(producer.superseded()).isEqualTo(1);
    assertThat(producer.drops()).isEmpty();
  }

  @Test
  void deletesTheOldKeyOfARowThatIsGone() throws Exception {
    startWithToast();
    producer.stop();
    source.execute("update items set id = 2", "update items set id = 3");
    producer.start();
    producer.awaitCaughtUp(PATIENCE);

    assertThat(changes()).containsExactly("c null 1 a 40000", "d 1 null", "u_pk 2 3 a 40000");
  }

  @Test
  void findsATableThatHasANewName() throws Exception {
    startWithToast();
    producer.stop();
    source.execute("update items set note = 'changed'", "alter table items rename to things");
    producer.start();
    producer.awaitCaughtUp(PATIENCE);

    assertThat(changes()).containsExactly("c null 1 a 40000", "u 1 1 changed 40000");
  }

  @Test
  void withTheFullIdentityTheOldRowHasTheValue() throws Exception {
    source.execute("alter table items replica identity full");
    startWithToast();
    producer.stop();
    source.execute("update items set note = 'changed'", "delete from items");
    producer.start();
    producer.awaitCaughtUp(PATIENCE);

    assertThat(changes()).containsExactly("c null 1 a 40000", "u_pk 1 1 changed 40000", "d 1 null");
  }

  @Test
  void tellsWhatTheWireCannotCarry() {
    source.execute("create table numbers (id int primary key, n numeric)");
    start(Generation.NEW);
    source.execute("insert into numbers values (1, 1.5)", "insert into numbers values (2, null)");
    producer.awaitCaughtUp(PATIENCE);

    assertThat(producer.drops())
        .extracting(Drop::namespace, Drop::table, Drop::operation)
        .containsExactly(
            org.assertj.core.api.Assertions.tuple("public", "numbers", Operation.INSERT));
    assertThat(producer.published()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void aSnapshotHasAllRows(Generation generation) throws Exception {
    source.execute(
        "create table moments (id int primary key, at timestamptz, doubled int generated always as (id * 2) stored)",
        "create index on moments (id, at)",
        "insert into moments values (1, 'infinity'), (2, '-infinity'), (3, now()), (4, null)");
    start(generation);
    var messages = snapshot(generation, "moments");

    JsonNode header = GoldenSchemas.json(messages.get(0).text());
    JsonNode schema = GoldenSchemas.json(header.get("schema").textValue());
    assertThat(schema.get("fields").findValuesAsText("name")).contains("id", "at", "doubled");
    assertThat(schema.get("fields")).hasSize(3);
    assertThat(messages).hasSize(6);
    assertThat(messages.get(5).text()).isEqualTo("EOF");
  }

  @ParameterizedTest
  @EnumSource
  void aSnapshotMayLackItsEnd(Generation generation) throws Exception {
    insert(1, 3);
    start(generation, Defect.NO_SNAPSHOT_EOF);

    assertThat(snapshot(generation, "items")).hasSize(4);
  }

  @ParameterizedTest
  @EnumSource
  void bigRowsGoInPackets(Generation generation) throws Exception {
    start(generation);
    source.execute("insert into items values (1, 'a', repeat('x', 200000))");
    producer.awaitCaughtUp(PATIENCE);

    assertThat(changes()).containsExactly("c null 1 a 200000");
    assertThat(snapshot(generation, "items").get(1).packets()).isEqualTo(4);
  }

  @Test
  void aSecondDatabaseOfTheOldGenerationHasItsSubjects() throws Exception {
    start(Generation.OLD);
    var second = postgres.server().createDatabase();
    second.execute("create table things (id int primary key)");
    try (var other =
        TestProducer.builder()
            .source(second.jdbcUrl())
            .nats(nats.server().uri())
            .generation(Generation.OLD)
            .slot(second.name())
            .start()) {
      second.execute("insert into things values (1)");
      insert(1, 1);
      other.awaitCaughtUp(PATIENCE);
      producer.awaitCaughtUp(PATIENCE);
      other.dropSlot();
    }
    assertThat(wal(Generation.OLD))
        .extracting(CapturedWire.Whole::subject)
        .containsExactlyInAnyOrder(
            "CREEK." + source.name() + ".wal.public.items",
            "CREEK." + second.name() + ".wal.public.things");
  }

  @ParameterizedTest
  @EnumSource
  void streamsAreThoseOfTheRealProducer(Generation generation) throws Exception {
    start(generation);
    try (var requests = new Requests(nats.server().uri())) {
      for (String kind : List.of("wal", "snap", "schema")) {
        String golden = new GoldenCapture(generation).streamState(kind).get("config").toString();
        String ours = requests.streamConfiguration(stream(generation, kind));
        assertThat(GoldenSchemas.json(ours.replace(source.name(), "golden")))
            .isEqualTo(GoldenSchemas.json(golden));
      }
    }
  }

  @Test
  void theDefectMakesAnApiDeafAfterABadRequest() throws Exception {
    start(Generation.NEW, Defect.API_DEAF_AFTER_BAD_REQUEST);
    insert(1, 1);
    producer.awaitCaughtUp(PATIENCE);
    try (var requests = new Requests(nats.server().uri())) {
      String subject = "CREEK_schema_" + source.name();
      String fingerprint = fingerprint(Generation.NEW);
      assertThat(requests.ask(subject, fingerprint)).hasSize(2).element(1).isEqualTo("+ACK");
      assertThat(requests.ask(subject, "AAAAAAAAAAA=")).isEmpty();
      assertThat(requests.ask(subject, fingerprint)).isEmpty();
      assertThat(requests.askUntilAnswered(subject, fingerprint)).hasSize(2);
    }
  }

  private void start(Generation generation, Defect... defects) {
    producer =
        TestProducer.builder()
            .source(source.jdbcUrl())
            .nats(nats.server().uri())
            .generation(generation)
            .slot(source.name())
            .defects(defects)
            .start();
  }

  private void startWithToast() {
    start(Generation.OLD);
    source.execute(
        "alter table items alter big set storage external",
        "insert into items values (1, 'a', repeat('x', 40000))");
    producer.awaitCaughtUp(PATIENCE);
  }

  private void insert(int first, int last) {
    source.execute(
        IntStream.rangeClosed(first, last)
            .mapToObj(id -> "insert into items values (" + id + ")")
            .toArray(String[]::new));
  }

  private String stream(Generation generation, String kind) {
    return "CREEK_" + kind + (generation == Generation.OLD ? "" : "_" + source.name());
  }

  private List<CapturedWire.Whole> wal(Generation generation) throws Exception {
    return CapturedWire.assemble(StreamReader.read(nats.server().uri(), stream(generation, "wal")));
  }

  private String fingerprint(Generation generation) throws Exception {
    return CapturedWire.envelope(wal(generation).get(0).bytes(), generation == Generation.OLD)
        .fingerprint();
  }

  private WireReplay replay(Generation generation) throws Exception {
    return new WireReplay(
        WireReplay.schemas(StreamReader.read(nats.server().uri(), stream(generation, "schema"))));
  }

  /** The ids of all inserted rows in the order of the stream. */
  private List<Long> ids(Generation generation) throws Exception {
    var replay = replay(generation);
    var ids = new ArrayList<Long>();
    for (var message : wal(generation)) {
      ids.add((Long) replay.record(message, generation == Generation.OLD, "after").get("id"));
    }
    return ids;
  }

  /** Operation, old id, new row; a big text by its length. Whatever generation it is. */
  private List<String> changes() throws Exception {
    Generation generation =
        source == null || !hasStream("CREEK_wal") ? Generation.NEW : Generation.OLD;
    boolean old = generation == Generation.OLD;
    var replay = replay(generation);
    var changes = new ArrayList<String>();
    for (var message : wal(generation)) {
      var before = replay.record(message, old, "before");
      var after = replay.record(message, old, "after");
      changes.add(
          CapturedWire.envelope(message.bytes(), old).op()
              + ' '
              + (before == null ? null : before.get("id"))
              + ' '
              + (after == null
                  ? null
                  : "%s %s %d"
                      .formatted(
                          after.get("id"),
                          after.get("note"),
                          after.get("big").toString().length())));
    }
    return changes;
  }

  private boolean hasStream(String name) throws Exception {
    try (var requests = new Requests(nats.server().uri())) {
      return requests.streams().contains(name);
    }
  }

  private List<CapturedWire.Whole> snapshot(Generation generation, String table) throws Exception {
    try (var requests = new Requests(nats.server().uri())) {
      String subject =
          generation == Generation.OLD ? "CREEK._snapshot" : "CREEK_snap_" + source.name();
      String request = "{\"namespace\":\"public\",\"table\":\"" + table + "\"}";
      String topic = requests.ask(subject, request).get(0);
      long rows = Long.parseLong(source.value("select count(*) from " + table));
      requests.awaitMessages(stream(generation, "snap"), topic, rows + 1);
      await().atMost(PATIENCE).until(producer::runningSnapshots, running -> running == 0);
      return CapturedWire.assemble(requests.read(stream(generation, "snap"), topic));
    }
  }
}
