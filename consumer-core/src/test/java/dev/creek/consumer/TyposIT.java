package dev.creek.consumer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.SqlCall;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.Defect;
import dev.creek.consumer.testing.producer.TestProducer;
import dev.creek.consumer.wire.Subjects;
import io.nats.client.Nats;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Names that are wrong: nothing waits for ever, and the error says all that can be known. */
final class TyposIT {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** Shorter than anything is waited for where nobody says how long; the messages tell it. */
  private static final Duration STALL = Duration.ofSeconds(4);

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private SqlCall sql;
  private TestProducer producer;
  private CreekConsumer consumer;

  @BeforeEach
  void serve() {
    source.execute(
        "create table \"Items\" (id int primary key, v text)",
        "create table orders (id int primary key, v text)");
    sql = SqlCall.of(target);
    consumer = consumer(STALL);
    consumer.initialize().block(PATIENCE);
    path.run();
  }

  private CreekConsumer consumer(Duration stall) {
    return consumer(stall, stall.multipliedBy(2));
  }

  private CreekConsumer consumer(Duration stall, Duration producerWait) {
    return path.consumer(
        ConsumerOptions.builder(
                BrokerOptions.builder(path.broker().uri())
                    .schemaTimeout(Duration.ofSeconds(3))
                    .build(),
                DatabaseOptions.of(target.patientUri()))
            .snapshotStall(stall)
            .producerWait(producerWait));
  }

  private void produce(Generation generation, Defect... defects) {
    producer = path.produce(path.producing(generation).defects(defects));
    source.execute("insert into \"Items\" values (1, 'one')", "insert into orders values (1, 'a')");
    producer.awaitCaughtUp(PATIENCE);
  }

  private String table(String name) {
    return source.name() + ".public." + name;
  }

  private String resync(String table) throws Exception {
    return waitFor(sql.id("resync", table + ":public.copy"));
  }

  private String waitFor(long id) {
    return target.value("call _creek_consumer.wait_for(%d, '3 minutes', null)".formatted(id));
  }

  @ParameterizedTest
  @EnumSource
  void aTableThatNobodyKnowsIsAskedForOnce(Generation generation) throws Exception {
    produce(generation, Defect.ofRealProducer(generation).toArray(Defect[]::new));
    Queue<String> asked = new ConcurrentLinkedQueue<>();
    try (var observer = Nats.connect(path.broker().uri())) {
      observer
          .createDispatcher(request -> asked.add(new String(request.getData(), UTF_8)))
          .subscribe(new Subjects(generation, "CREEK").snapshotRequest(source.name()));
      observer.flush(PATIENCE);
      assertThat(resync(table("nope")))
          .startsWith(
              "the producer did not answer the request for a snapshot of %s within 4 s: it runs"
                  .formatted(table("nope")))
          .contains("the table does not exist, or is not in its publication")
          .contains("nothing of %s has been published yet".formatted(table("nope")))
          .contains(
              "Hint: on the source: select * from pg_publication_tables where schemaname ="
                  + " 'public' and tablename = 'nope';");
    }
    assertThat(asked).hasSize(1);
    assertThat(target.query("select active from _creek_consumer.subscriptions where active"))
        .isEmpty();
  }

  @Test
  void itIsNotWaitedForAsLongAsOthers() {
    produce(Generation.NEW);
    try (var patient = consumer(PATIENCE)) {
      assertThatThrownBy(
              () ->
                  patient
                      .snapshots()
                      .take(Mapping.parse(table("nope") + ":public.copy"), SnapshotMode.CLEAN)
                      .blockLast(PATIENCE))
          .hasMessageContaining("within 10 s: it runs");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aNameInAnotherCaseIsNamed(Generation generation) throws Exception {
    produce(generation);
    String meant = "did you mean %s? Names are case-sensitive".formatted(table("Items"));
    assertThat(resync(table("items"))).contains("but of " + table("Items")).contains(meant);
    assertThat(waitFor(sql.id("create_schema", table("items") + ":public.copy")))
        .contains("no schema of " + table("items") + " has been published. Hint: " + meant);
    assertThat(
            waitFor(
                sql.id(
                    "apply_snapshot",
                    new Subjects(generation, "CREEK")
                        .snapshotSubjects(SourceTable.parse(table("items")))
                        .replace("*", "x"),
                    table("items") + ":public.copy",
                    "clean")))
        .contains("there is no snapshot")
        .contains(meant);
    assertThat(
            consumer.tables().look(SourceTable.parse(table("order"))).block(PATIENCE).suggestion())
        .isEqualTo("did you mean " + table("orders") + "?");
    assertThat(
            consumer
                .check(List.of(Mapping.parse(table("items") + ":public.copy")), null)
                .filter(finding -> String.valueOf(finding.fix()).contains(meant))
                .hasElements()
                .block(PATIENCE))
        .isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void aNameThatNeedsQuotesIsTheCauseWhereOnlyAHeaderComes(Generation generation) throws Exception {
    produce(generation, Defect.UNQUOTED_SNAPSHOT_NAMES);
    assertThat(resync(table("Items")))
        .contains("has a header, and nothing has come after it for 4 s")
        .contains("the name of " + table("Items") + " needs double quotes in SQL");
  }

  @Test
  void neitherADatabaseNorAProducerThatIsNotThereIsWaitedForLong() throws Exception {
    produce(Generation.NEW);
    producer.stop();
    String wrong = source.name() + "x";
    long ofAnother = sql.id("resync", wrong + ".public.orders:public.another");
    long ofNone = sql.id("resync", "qqqqqqqqqqqqqqqqqqqqqq.public.orders:public.none");
    long ofOneThatStands = sql.id("resync", table("orders") + ":public.copy");
    assertThat(waitFor(ofAnother))
        .contains("messages of database " + wrong)
        .contains("did you mean database " + source.name() + ", of which there are streams?");
    assertThat(waitFor(ofNone))
        .contains("messages of database qqqqqqqqqqqqqqqqqqqqqq")
        .doesNotContain("did you mean");
    assertThat(waitFor(ofOneThatStands))
        .contains("no subscriber listens to")
        .contains("so it does not run, or has another namespace");
  }

  /** More often than it is asked where nobody says how long. */
  @Test
  void aProducerThatIsAwayForAWhileIsAskedUntilItIsBackWhereThatIsWanted() throws Exception {
    produce(Generation.NEW);
    producer.stop();
    consumer.stop(PATIENCE).block(PATIENCE);
    consumer.close();
    consumer = consumer(Duration.ofSeconds(1), PATIENCE);
    path.run();
    long id = sql.id("resync", table("orders") + ":public.copy");
    Queue<String> asked = new ConcurrentLinkedQueue<>();
    try (var silent = Nats.connect(path.broker().uri())) {
      silent
          .createDispatcher(request -> asked.add(new String(request.getData(), UTF_8)))
          .subscribe(new Subjects(Generation.NEW, "CREEK").snapshotRequest(source.name()));
      await().atMost(PATIENCE).until(() -> asked.size() > 2);
      assertThat(
              target.value("select detail from _creek_consumer._notification_log where id = " + id))
          .startsWith(
              "waiting: the request is repeated for 180 s at most (--producer-wait): broker: ")
          .contains("the producer did not answer the request for a snapshot");
    }
    producer.start();
    assertThat(waitFor(id)).isEqualTo("ok");
    assertThat(target.value("select count(*) from copy")).isEqualTo("1");
  }

  @Test
  void aTableThatWasPublishedAndIsGoneIsToldFromOneThatNeverWas() {
    produce(Generation.OLD);
    source.execute("drop table orders");
    assertThatThrownBy(
            () ->
                consumer
                    .snapshots()
                    .take(Mapping.parse(table("orders") + ":public.copy"), SnapshotMode.CLEAN)
                    .blockLast(PATIENCE))
        .isInstanceOf(BrokerException.Unanswered.class)
        .hasMessageContaining("within 4 s: it runs")
        .hasMessageContaining("the table has been dropped or renamed, or taken out of its");
  }

  @ParameterizedTest
  @EnumSource
  void aTableThatIsNotThereYetIsFollowedAndItsStateSaysWhatIsKnown(Generation generation)
      throws Exception {
    produce(generation);
    target.execute("create table items (id int primary key, v text)");
    sql.call("add_table", table("items") + ":public.items");
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(
                        target.query(
                            "select state, reason, hint like 'did you mean %?%' from"
                                + " _creek_consumer.subscriptions"))
                    .containsExactly(
                        List.of(
                            "streaming",
                            "nothing of %s has been published yet, but of %s"
                                .formatted(table("items"), table("Items")),
                            "t")));
    source.execute(
        "create table items (id int primary key, v text)", "insert into items values (7, 'seven')");
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(
                        target.query(
                            "select s.state, s.reason is null, i.v from"
                                + " _creek_consumer.subscriptions s, items i"))
                    .containsExactly(List.of("streaming", "t", "seven")));
  }

  @Test
  void aDatabaseThatATableWaitsForIsNamedInItsState() throws Exception {
    produce(Generation.NEW);
    target.execute("create table items (id int primary key, v text)");
    sql.call("add_table", source.name() + "x.public.orders:public.items");
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                "t"
                    .equals(
                        target.value(
                            "select state = 'waiting' and hint like 'did you mean database %' from"
                                + " _creek_consumer.subscriptions")));
  }
}
