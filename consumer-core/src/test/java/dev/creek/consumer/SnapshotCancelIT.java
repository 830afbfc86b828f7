package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.SnapshotProgress.Step;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.Defect;
import dev.creek.consumer.testing.producer.TestProducer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;
import reactor.core.publisher.SignalType;

/**
 * A snapshot that has written rows, and waits for more, is given up: nothing of it stays, and
 * everything goes on.
 */
final class SnapshotCancelIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final int SMALL_BATCH = 100;
  private static final int ROWS = 1000;

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private CreekConsumer consumer;
  private TestProducer producer;
  private String complete;

  /** How it is given up. */
  enum Way {
    FLUX_CANCELLED,
    TABLE_REMOVED,
    CONSUMER_STOPPED
  }

  @BeforeEach
  void followATable() {
    source.execute(
        "create table items (id int primary key, v text)",
        "insert into items select i, 'v' || i from generate_series(1, %d) i".formatted(ROWS));
    produce();
    start();
    complete = consumer.snapshots().take(items(), SnapshotMode.CLEAN).blockLast(PATIENCE).subject();
    consumer.tables().add(items()).block(PATIENCE);
    awaitStreaming();
    producer.stop();
    produce(Defect.NO_SNAPSHOT_EOF);
  }

  private void produce(Defect... defects) {
    producer = path.produce(Generation.NEW, defects);
  }

  private void start() {
    consumer = path.consumer(path.options().batches(SMALL_BATCH, 1 << 20));
    path.run();
  }

  private Mapping items() {
    return path.mapping("items");
  }

  @ParameterizedTest
  @CsvSource({
    "FLUX_CANCELLED, CLEAN",
    "FLUX_CANCELLED, UPSERT",
    "TABLE_REMOVED, CLEAN",
    "TABLE_REMOVED, UPSERT",
    "CONSUMER_STOPPED, CLEAN",
    "CONSUMER_STOPPED, UPSERT"
  })
  void leavesNothingBehindAndEverythingGoesOn(Way way, SnapshotMode mode) throws Exception {
    target.execute("update items set v = 'mine' where id = 1");
    String before = contents(target);
    AtomicLong written = new AtomicLong();
    CountDownLatch over = new CountDownLatch(1);
    Disposable snapshot =
        consumer
            .snapshots()
            .take(items(), mode)
            .map(SnapshotProgress::rowsDone)
            .doFinally((SignalType end) -> over.countDown())
            .subscribe(written::set, error -> {});
    await().atMost(PATIENCE).until(() -> written.get() > ROWS / 2);
    assertThat(over.getCount()).as("its end has not come").isOne();

    switch (way) {
      case FLUX_CANCELLED -> snapshot.dispose();
      case TABLE_REMOVED -> consumer.tables().remove(items().target()).block(PATIENCE);
      case CONSUMER_STOPPED -> consumer.stop(PATIENCE).block(PATIENCE);
    }
    assertThat(over.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    await().atMost(PATIENCE).untilAsserted(this::assertNothingIsLeft);
    assertThat(contents(target)).isEqualTo(mode == SnapshotMode.CLEAN ? before : contents(source));

    goOn(way);
    source.execute("update items set v = 'new' where id = 2");
    assertThat(consumer.snapshots().apply(complete, items(), mode).blockLast(PATIENCE).step())
        .isEqualTo(Step.DONE);
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(contents(target)).isEqualTo(contents(source)));
  }

  private void goOn(Way way) {
    switch (way) {
      case FLUX_CANCELLED -> awaitStreaming();
      case TABLE_REMOVED -> consumer.tables().add(items()).block(PATIENCE);
      case CONSUMER_STOPPED -> {
        consumer.close();
        start();
      }
    }
  }

  private void awaitStreaming() {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                "streaming"
                    .equals(target.value("select state from _creek_consumer.subscriptions")));
  }

  /** Neither a table nor a transaction. */
  private void assertNothingIsLeft() {
    assertThat(target.value("select count(*) from pg_class where relname like '\\_creek\\_snap%'"))
        .isEqualTo("0");
    assertThat(
            target.value(
                "select count(*) from pg_stat_activity where datname = current_database()"
                    + " and backend_type = 'client backend' and state <> 'idle'"
                    + " and pid <> pg_backend_pid()"))
        .isEqualTo("0");
  }

  private static String contents(PostgresDatabase database) {
    return database.value("select md5(string_agg(i::text, ',' order by id)) from items i");
  }
}
