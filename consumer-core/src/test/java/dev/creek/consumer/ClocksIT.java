package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.SourceLoad;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.TestProducer;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sources whose clock is not the broker's. */
final class ClocksIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final String UPDATE = "update counters set n = n + 1 where id = %d";
  private static final int COUNTERS = 20;

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private TestProducer producer;
  private final CreekConsumer consumer = path.consumer();
  private boolean begun;

  @BeforeEach
  void open() {
    source.execute(
        "create table counters (id int primary key, n int not null)",
        "insert into counters select i, 0 from generate_series(1, " + COUNTERS + ") i");
  }

  private void produce(Generation generation, Duration ahead) {
    producer = path.produce(path.producing(generation).clockOffset(ahead));
  }

  private Mapping counters() {
    return path.mapping("counters");
  }

  private static String contents(PostgresDatabase database) {
    return database.value("select string_agg(c::text, ' ' order by id) from counters c");
  }

  private void awaitEqual() {
    producer.awaitCaughtUp(PATIENCE);
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(contents(target)).isEqualTo(contents(source)));
  }

  private void begin() {
    consumer.tables().add(counters()).block(PATIENCE);
    path.run();
    begun = true;
  }

  private SourceLoad updates() {
    return SourceLoad.of(source, random -> UPDATE.formatted(1 + random.nextInt(COUNTERS)));
  }

  @ParameterizedTest
  @CsvSource({
    "OLD, PT60S",
    "NEW, PT60S",
    "OLD, PT-60S",
    "NEW, PT-60S",
    "OLD, PT5H",
    "NEW, PT5H",
    "NEW, PT-5H"
  })
  void aSnapshotTakenUnderUpdatesLosesNoneOfThem(Generation generation, Duration ahead) {
    produce(generation, ahead);
    begin();
    try (SourceLoad load = updates()) {
      for (SnapshotMode mode : SnapshotMode.values()) {
        load.awaitMore(50);
        consumer.snapshots().take(counters(), mode).blockLast(PATIENCE);
        load.awaitMore(20);
      }
    }
    awaitEqual();
  }

  @ParameterizedTest
  @CsvSource({"OLD, PT60S", "NEW, PT-60S", "OLD, PT-5H", "NEW, PT5H"})
  void aSnapshotThatOthersTookUnderUpdatesLosesNoneOfThem(Generation generation, Duration ahead) {
    produce(generation, ahead);
    String subject;
    try (SourceLoad load = updates()) {
      load.awaitMore(50);
      consumer.snapshots().take(counters(), SnapshotMode.CLEAN).blockLast(PATIENCE);
      load.awaitMore(50);
      subject =
          Objects.requireNonNull(
                  consumer.snapshots().published(counters().source()).blockFirst(PATIENCE))
              .subject();
    }
    for (SnapshotMode mode : SnapshotMode.values()) {
      target.execute("drop table counters", "delete from _creek_consumer.subscriptions");
      consumer.snapshots().apply(subject, counters(), mode).blockLast(PATIENCE);
      if (!begun) {
        begin();
      }
      consumer.tables().add(counters()).block(PATIENCE);
      awaitEqual();
      consumer.tables().remove(counters().target()).block(PATIENCE);
    }
  }

  /** Its timestamp is the source's, as the changes' are. */
  @ParameterizedTest
  @CsvSource({"PT60S", "PT-60S", "PT5H", "PT-5H"})
  void theRowOfAGoConsumerIsGoneOnFrom(Duration ahead) {
    produce(Generation.OLD, ahead);
    source.execute("update counters set n = n + 1");
    String lsn = source.value("select pg_current_wal_lsn()");
    String timestamp =
        source.value("select clock_timestamp() + interval '" + ahead.toSeconds() + " seconds'");
    target.execute(
        "create table counters (id int primary key, n int not null)",
        "insert into counters select i, 1 from generate_series(1, 20) i");
    consumer.tables().add(counters()).block(PATIENCE);
    target.execute(
        "update _creek_consumer.subscriptions set lsn = '%s', timestamp = '%s'"
            .formatted(lsn, timestamp));
    source.execute("update counters set n = n + 10", "delete from counters where id > 15");
    producer.awaitCaughtUp(PATIENCE);
    begin();
    awaitEqual();
  }
}
