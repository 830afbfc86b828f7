package dev.creek.consumer.testing.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.wire.Operation;
import java.util.LinkedHashSet;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Starts, stops and crashes of the producer, the broker and the source. */
final class TestProducerIT {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.own();

  @RegisterExtension final NatsExtension nats = NatsExtension.own();

  private ProducerRig rig;

  @BeforeEach
  void createRig() {
    rig = new ProducerRig(postgres.server(), nats.server());
  }

  @AfterEach
  void closeRig() {
    rig.close();
  }

  @ParameterizedTest
  @EnumSource
  void nothingIsPublishedAgainAfterAStop(Generation generation) throws Exception {
    rig.start(generation);
    rig.insert(1, 50);
    rig.producer().stop();
    rig.insert(51, 100);
    rig.producer().start();
    rig.awaitCaughtUp();

    assertThat(rig.ids()).isEqualTo(LongStream.rangeClosed(1, 100).boxed().toList());
    assertThat(rig.producer().published()).isEqualTo(100);
    assertThat(rig.producer().drops()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void theDefectPublishesTheLastTransactionsAgain(Generation generation) throws Exception {
    rig.start(generation, Defect.DUPLICATE_AFTER_RESTART);
    rig.insert(1, 50);
    rig.awaitCaughtUp();
    rig.producer().stop();
    rig.producer().start();
    rig.awaitCaughtUp();

    assertThat(rig.ids())
        .isEqualTo(
            IntStream.concat(IntStream.rangeClosed(1, 50), IntStream.rangeClosed(31, 50))
                .mapToObj(Long::valueOf)
                .toList());
  }

  @ParameterizedTest
  @EnumSource
  void killsLoseNothingAndRepeatWholeTransactions(Generation generation) throws Exception {
    rig.start(generation);
    rig.source().execute("create table pairs (id bigint primary key)");
    try (var load = new PairsLoad(rig.source())) {
      for (int kill = 0; kill < 5; kill++) {
        load.awaitMore(100);
        rig.producer().kill();
        rig.producer().start();
      }
    }
    rig.awaitCaughtUp();

    assertNothingIsLost();
  }

  @ParameterizedTest
  @EnumSource
  void restartsOfTheBrokerLoseNothing(Generation generation) throws Exception {
    var server = nats.restartable();
    rig.start(generation);
    rig.source().execute("create table pairs (id bigint primary key)");
    try (var load = new PairsLoad(rig.source())) {
      for (int kill = 0; kill < 3; kill++) {
        load.awaitMore(100);
        server.kill();
        load.awaitMore(20);
        server.start();
      }
    }
    rig.awaitCaughtUp();

    assertNothingIsLost();
    assertThat(rig.producer().trouble()).isPresent();
    assertThat(rig.producer().failure()).isEmpty();
  }

  @Test
  void restartsOfTheSourceLoseNothing() throws Exception {
    rig.start(Generation.OLD);
    rig.insert(1, 100);
    postgres.restartable().kill();
    postgres.server().start();
    rig.insert(101, 200);
    rig.awaitCaughtUp();

    assertThat(new LinkedHashSet<>(rig.ids()))
        .containsExactlyElementsOf(LongStream.rangeClosed(1, 200).boxed().toList());
  }

  @Test
  void surfacesWhatWaitingCannotMend() {
    rig.start(Generation.NEW);
    rig.source().execute("drop publication creek_pub", "insert into items values (1)");

    await().atMost(ProducerRig.PATIENCE).until(() -> rig.producer().failure().isPresent());
    assertThat(rig.producer().isRunning()).isFalse();
    assertThatThrownBy(rig::awaitCaughtUp)
        .isInstanceOf(IllegalStateException.class)
        .rootCause()
        .hasMessageContaining("publication \"creek_pub\" does not exist");
    rig.source().execute("create publication creek_pub for all tables");
  }

  @Test
  void tellsWhatTheWireCannotCarry() {
    rig.source().execute("create table numbers (id int primary key, n numeric)");
    rig.start(Generation.NEW);
    rig.source()
        .execute("insert into numbers values (1, 1.5)", "insert into numbers values (2, null)");
    rig.awaitCaughtUp();

    assertThat(rig.producer().drops())
        .extracting(Drop::namespace, Drop::table, Drop::operation)
        .containsExactly(
            org.assertj.core.api.Assertions.tuple("public", "numbers", Operation.INSERT));
    assertThat(rig.producer().published()).isEqualTo(1);
  }

  @Test
  void aSecondDatabaseOfTheOldGenerationHasItsSubjects() throws Exception {
    rig.start(Generation.OLD);
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
      rig.insert(1, 1);
      other.awaitCaughtUp(ProducerRig.PATIENCE);
      rig.awaitCaughtUp();
      other.dropSlot();
    }
    assertThat(rig.wal())
        .extracting(CapturedWire.Whole::subject)
        .containsExactlyInAnyOrder(
            "CREEK." + rig.source().name() + ".wal.public.items",
            "CREEK." + second.name() + ".wal.public.things");
  }

  /** The first time that each id comes, they come in order; a repeat begins with its first row. */
  private void assertNothingIsLost() throws Exception {
    var all = rig.ids();
    long rows = Long.parseLong(rig.source().value("select count(*) from pairs"));
    assertThat(new LinkedHashSet<>(all))
        .containsExactlyElementsOf(LongStream.range(0, rows).boxed().toList());
    for (int i = 1; i < all.size(); i++) {
      if (all.get(i) != all.get(i - 1) + 1) {
        assertThat(all.get(i) % PairsLoad.ROWS).as("first of a transaction").isZero();
      }
    }
  }
}
