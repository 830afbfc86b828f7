package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.Verification;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.Defect;
import dev.creek.consumer.testing.producer.TestProducer;
import java.time.Duration;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Keys WITHOUT OVERLAPS, which PostgreSQL has since version 18, and for which it has no ON CONFLICT
 * DO UPDATE.
 */
final class TemporalKeyIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final String STAYS =
      """
      create table stays (
          room int, during int4range, guest text unique,
          primary key (room, during without overlaps))""";

  @RegisterExtension static final WholePath path = WholePath.onVersion(18);

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private TestProducer producer;
  private final CreekConsumer consumer = path.consumer();

  @ParameterizedTest
  @EnumSource(Generation.class)
  void rowsAreFoundByThem(Generation generation) {
    begin(generation);
    path.run();
    source.execute(
        "insert into stays select i, '[1,10)', 'guest ' || i from generate_series(1, 9) i");
    awaitEqual();
    source.execute("update stays set guest = guest || '.' where room < 3");
    source.execute("delete from stays where room = 9");
    source.execute(
        "begin",
        "update stays set during = '[1,5)' where room = 1",
        "insert into stays values (1, '[5,8)', 'next')",
        "update stays set during = '[8,10)' where room = 1 and during = '[5,8)'",
        "update stays set guest = null where room = 1",
        "commit");
    awaitEqual();
    // What is published again is there already, and has moved on since.
    producer.kill();
    producer.start();
    source.execute("insert into stays values (10, '[1,2)', 'last')");
    awaitEqual();
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void snapshotsAndRepairsFindThemToo(Generation generation) {
    begin(generation);
    source.execute(
        "insert into stays select i, '[1,10)', 'guest ' || i from generate_series(1, 9) i");
    path.run();
    for (SnapshotMode mode : SnapshotMode.values()) {
      target.execute(
          "delete from stays where room = 7",
          "update stays set guest = 'guest 7' where room = 8",
          "update stays set guest = 'wrong' where room = 9");
      consumer.snapshots().take(stays(), mode).blockLast(PATIENCE);
      source.execute("update stays set guest = guest || '.' where room = 5");
      awaitEqual();
    }
    target.execute(
        "update stays set guest = 'wrong' where room = 3", "delete from stays where room = 4");
    var brief = new Verification.Options(Duration.ofSeconds(1), 10);
    assertThat(
            consumer
                .comparisons()
                .repair(stays(), DatabaseOptions.of(source.uri()), brief)
                .block(PATIENCE)
                .repaired())
        .isEqualTo(2);
    awaitEqual();
    assertThat(
            target.value(
                "select pg_get_constraintdef(oid) from pg_constraint where contype = 'p' and conrelid = 'stays'::regclass"))
        .isEqualTo("PRIMARY KEY (room, during WITHOUT OVERLAPS)");
  }

  private void begin(Generation generation) {
    for (PostgresDatabase database : new PostgresDatabase[] {source, target}) {
      database.execute("create extension btree_gist", STAYS);
    }
    producer = path.produce(path.producing(generation).defects(Defect.DUPLICATE_AFTER_RESTART));
    consumer.tables().add(stays()).block(PATIENCE);
  }

  private Mapping stays() {
    return path.mapping("stays");
  }

  private void awaitEqual() {
    producer.awaitCaughtUp(PATIENCE);
    await()
        .atMost(PATIENCE)
        .failFast(
            () ->
                assertThat(
                        target.query(
                            "select reason from _creek_consumer.subscriptions where reason is not null"))
                    .isEmpty())
        .untilAsserted(() -> assertThat(rows(target)).isEqualTo(rows(source)));
  }

  private static String rows(PostgresDatabase database) {
    return database.value("select string_agg(s::text, ' ' order by s) from stays s");
  }
}
