package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.SourceLoad;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.TestProducer;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Snapshots of tables without a key, beside the changes that were made about then. */
final class KeylessSnapshotsIT {
  private static final Duration PATIENCE = Patience.LIMIT;

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private TestProducer producer;
  private final CreekConsumer consumer = path.consumer();
  private boolean begun;

  @BeforeEach
  void open() {
    source.execute("create table nk (a int, b text)", "alter table nk replica identity full");
  }

  private void produce(Generation generation, Duration ahead) {
    producer = path.produce(path.producing(generation).clockOffset(ahead));
  }

  private Mapping nk() {
    return path.mapping("nk");
  }

  private void resync() {
    consumer.snapshots().take(nk(), SnapshotMode.CLEAN).blockLast(PATIENCE);
    consumer.tables().add(nk()).block(PATIENCE);
    if (!begun) {
      path.run();
      begun = true;
    }
  }

  private static String contents(PostgresDatabase database) {
    return database.value("select string_agg(nk::text, ' ' order by nk::text) from nk");
  }

  private String marks() {
    return target.value(
        "select string_agg(reason, '; ') from _creek_consumer.incompleteness where cause = 'unproven'");
  }

  /** A last change shows that all before it is applied. */
  private void awaitLast() {
    source.execute("insert into nk values (-1, 'last')");
    producer.awaitCaughtUp(PATIENCE);
    await().atMost(PATIENCE).ignoreExceptions().until(() -> lasts(target) >= lasts(source));
  }

  private static long lasts(PostgresDatabase database) {
    return Long.parseLong(database.value("select count(*) from nk where a = -1"));
  }

  private void assertEqual() {
    awaitLast();
    assertThat(contents(target)).isEqualTo(contents(source));
    assertThat(marks()).as("what is not proven").isNull();
  }

  @ParameterizedTest
  @CsvSource({"OLD, PT0S", "NEW, PT0S", "OLD, PT60S", "NEW, PT60S", "OLD, PT-60S", "NEW, PT-60S"})
  void whatWasCommittedShortlyBeforeComesOnce(Generation generation, Duration ahead) {
    produce(generation, ahead);
    source.execute(
        "insert into nk values (1, 'a')",
        "insert into nk values (1, 'a')",
        "insert into nk values (2, null)",
        "insert into nk values (null, null)",
        "insert into nk values (3, 'c')");
    producer.awaitCaughtUp(PATIENCE);
    resync();
    assertEqual();
    source.execute(
        "update nk set b = 'z' where a = 3",
        "delete from nk where ctid in (select min(ctid) from nk)");
    producer.awaitCaughtUp(PATIENCE);
    resync();
    assertEqual();
  }

  @ParameterizedTest
  @EnumSource
  void rowsThatComeWhileItIsTakenComeOnce(Generation generation) {
    produce(generation, Duration.ZERO);
    AtomicInteger next = new AtomicInteger();
    try (SourceLoad load =
        SourceLoad.of(
            source,
            random ->
                "insert into nk values (%1$d, 'row %1$d')".formatted(next.incrementAndGet()))) {
      for (int i = 0; i < 4; i++) {
        load.awaitMore(60);
        resync();
      }
      load.awaitMore(60);
    }
    assertEqual();
  }

  @ParameterizedTest
  @EnumSource
  void rowsThatChangeWhileItIsTakenAreTheSourcesAfterwards(Generation generation) {
    source.execute("insert into nk select i, '0' from generate_series(1, 30) i");
    produce(generation, Duration.ofSeconds(20));
    try (SourceLoad load =
        SourceLoad.of(
            source,
            random ->
                "update nk set b = (b::int + 1)::text where a = " + (1 + random.nextInt(30)))) {
      for (int i = 0; i < 4; i++) {
        load.awaitMore(60);
        resync();
      }
      load.awaitMore(60);
    }
    assertEqual();
  }

  @ParameterizedTest
  @EnumSource
  void ofRowsThatAreEqualToOthersItIsRightOrSaysSo(Generation generation) {
    source.execute("insert into nk select i % 5, 'x' from generate_series(1, 50) i");
    produce(generation, Duration.ZERO);
    try (SourceLoad load = SourceLoad.of(source, KeylessSnapshotsIT::anything)) {
      for (int i = 0; i < 4; i++) {
        load.awaitMore(60);
        resync();
      }
      load.awaitMore(60);
    }
    awaitLast();
    if (marks() == null) {
      assertThat(contents(target)).isEqualTo(contents(source));
    } else {
      assertThat(marks()).contains("without a key it is not known whether the table already holds");
      resync();
      assertEqual();
    }
  }

  private static String anything(Random random) {
    int a = random.nextInt(5);
    return switch (random.nextInt(4)) {
      case 0 ->
          "delete from nk where ctid in (select ctid from nk where a = %d limit 1)".formatted(a);
      case 1 ->
          "update nk set b = 'y' where ctid in (select ctid from nk where a = %d and b = 'x' limit 1)"
              .formatted(a);
      default -> "insert into nk values (%d, 'x'), (%d, 'x')".formatted(a, random.nextInt(5));
    };
  }

  @ParameterizedTest
  @EnumSource
  void oneThatOthersTookDoublesNothing(Generation generation) {
    produce(generation, Duration.ofMinutes(-1));
    AtomicInteger next = new AtomicInteger();
    String subject;
    try (SourceLoad load =
        SourceLoad.of(
            source,
            random ->
                "insert into nk values (%1$d, 'row %1$d')".formatted(next.incrementAndGet()))) {
      load.awaitMore(100);
      consumer.snapshots().take(nk(), SnapshotMode.CLEAN).blockLast(PATIENCE);
      load.awaitMore(60);
      subject =
          Objects.requireNonNull(consumer.snapshots().published(nk().source()).blockFirst(PATIENCE))
              .subject();
    }
    target.execute("drop table nk", "delete from _creek_consumer.subscriptions");
    consumer.snapshots().apply(subject, nk(), SnapshotMode.CLEAN).blockLast(PATIENCE);
    consumer.tables().add(nk()).block(PATIENCE);
    path.run();
    begun = true;
    assertEqual();
  }

  /** The changes before it are read again, and have a column that nobody has any more. */
  @ParameterizedTest
  @CsvSource({"OLD, true", "NEW, true", "OLD, false", "NEW, false"})
  void changesOfAnOlderSchemaNeedNoColumns(Generation generation, boolean keyed) {
    if (keyed) {
      source.execute("alter table nk add primary key (a)");
    }
    produce(generation, Duration.ZERO);
    source.execute(
        "insert into nk values (1, 'a')",
        "alter table nk rename column b to c",
        "insert into nk values (2, 'b')");
    producer.awaitCaughtUp(PATIENCE);
    resync();
    String subject =
        Objects.requireNonNull(consumer.snapshots().published(nk().source()).blockFirst(PATIENCE))
            .subject();
    assertEqual();
    source.execute("delete from nk where a = -1");
    awaitLast();
    consumer.snapshots().apply(subject, nk(), SnapshotMode.CLEAN).blockLast(PATIENCE);
    producer.awaitCaughtUp(PATIENCE);
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(contents(target)).isEqualTo(contents(source)));
    // Of one that shows itself late nobody knows it for a moment.
    await().atMost(PATIENCE).until(() -> state() == TableState.Name.STREAMING);
  }

  private TableState.Name state() {
    return Objects.requireNonNull(consumer.tables().subscriptions().blockFirst(PATIENCE))
        .state()
        .name();
  }
}
