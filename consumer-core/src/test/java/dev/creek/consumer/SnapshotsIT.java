package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.PublishedSnapshot;
import dev.creek.consumer.api.ShapeMismatchException;
import dev.creek.consumer.api.SnapshotException;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.SnapshotProgress.Step;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.Defect;
import dev.creek.consumer.testing.producer.TestProducer;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.Nats;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.scheduler.Schedulers;

/** Snapshots of a real source, requested and applied beside its changes. */
final class SnapshotsIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final Duration IMPATIENT = Duration.ofSeconds(3);
  private static final Duration USUAL = Duration.ofSeconds(60);

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private CreekConsumer consumer = consumer(USUAL);
  private TestProducer producer;

  @BeforeEach
  void open() {
    source.execute(
        "create table items (id int primary key, v text unique)",
        "insert into items select i, 'v' || i from generate_series(1, 1000) i",
        "analyze items");
  }

  private CreekConsumer consumer(Duration stall) {
    return path.consumer(path.options().snapshotStall(stall));
  }

  private void produce(Generation generation, Defect... defects) {
    producer = path.produce(generation, defects);
  }

  private Mapping items() {
    return path.mapping("items");
  }

  private List<SnapshotProgress> snapshot(SnapshotMode mode) {
    return consumer.snapshots().take(items(), mode).collectList().block(PATIENCE);
  }

  private String contents(PostgresDatabase database) {
    return database.value("select md5(string_agg(i::text, ',' order by id)) from items i");
  }

  private void awaitEqual() {
    producer.awaitCaughtUp(PATIENCE);
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(contents(target)).isEqualTo(contents(source)));
  }

  private TableState.Name state() {
    return Objects.requireNonNull(
            consumer.tables().subscriptions().map(Subscription::state).blockFirst(PATIENCE))
        .name();
  }

  /** Its line would take the snapshot up, learn of the end, and give it up. */
  @Test
  void oneOfATableThatWasJustRemovedIsNotLeftToTheLineThatIsAboutToEnd() throws Throwable {
    consumer.close();
    DatabaseOptions unaware =
        DatabaseOptions.builder(target.patientUri(), Map.of())
            .wakeInterval(Duration.ofHours(1))
            .build();
    consumer = path.consumer(path.options(unaware).snapshotStall(USUAL));
    produce(Generation.OLD);
    snapshot(SnapshotMode.CLEAN);
    consumer.tables().add(items()).block(PATIENCE);
    path.running(
        () -> {
          await().atMost(PATIENCE).until(() -> state() == TableState.Name.STREAMING);
          target.execute("update _creek_consumer.subscriptions set active = false");
          assertThat(snapshot(SnapshotMode.CLEAN))
              .extracting(SnapshotProgress::step)
              .endsWith(Step.DONE);
          await()
              .atMost(PATIENCE)
              .until(
                  () ->
                      target
                          .value("select owner is null from _creek_consumer.subscriptions")
                          .equals("t"));
        });
  }

  @ParameterizedTest
  @CsvSource({"OLD, UPSERT", "OLD, CLEAN", "NEW, UPSERT", "NEW, CLEAN"})
  void aTableIsFilledAndThenFollowed(Generation generation, SnapshotMode mode) throws Throwable {
    produce(generation);
    List<SnapshotProgress> described = snapshot(mode);
    assertThat(contents(target)).isEqualTo(contents(source));
    assertThat(described)
        .extracting(SnapshotProgress::step)
        .contains(Step.LOADING)
        .endsWith(Step.DONE);
    SnapshotProgress last = described.get(described.size() - 1);
    assertThat(last.rowsDone()).isEqualTo(1000);
    assertThat(last.rowsExpected()).isEqualTo(1000);
    assertThat(last.subject()).contains("public.items.");
    consumer.tables().add(items()).block(PATIENCE);
    path.running(
        () -> {
          source.execute(
              "update items set v = 'w' || id where id % 3 = 0",
              "delete from items where id % 7 = 0", "insert into items values (5000, 'new')");
          awaitEqual();
        });
  }

  @ParameterizedTest
  @EnumSource
  void aTableIsCreatedFromTheHeaderOfASnapshotWhereNothingElseIsPublished(Generation generation) {
    produce(generation);
    snapshot(SnapshotMode.CLEAN);
    Mapping other = new Mapping(items().source(), new TargetTable("public", "more_items"));

    assertThat(consumer.tables().create(other).block(PATIENCE)).isTrue();
    assertThat(consumer.tables().create(other).block(PATIENCE)).isFalse();
    assertThat(columns("more_items")).isEqualTo("id integer not null, v text");

    target.execute("alter table more_items drop column v");
    assertThatThrownBy(() -> consumer.tables().create(other).block(PATIENCE))
        .isInstanceOf(ShapeMismatchException.class)
        .hasMessageContaining("more_items");
  }

  private String columns(String table) {
    return target.value(
        "select string_agg(attname || ' ' || format_type(atttypid, atttypmod)"
            + " || case when attnotnull then ' not null' else '' end, ', ' order by attnum)"
            + " from pg_attribute where attrelid = '%s'::regclass and attnum > 0".formatted(table));
  }

  @ParameterizedTest
  @EnumSource
  void aLiveTableIsPausedAndGoesOn(SnapshotMode mode) throws Throwable {
    produce(Generation.NEW);
    consumer.tables().create(items()).onErrorComplete().block(PATIENCE);
    snapshot(SnapshotMode.CLEAN);
    consumer.tables().add(items()).block(PATIENCE);
    path.running(
        () -> {
          source.execute("update items set v = 'x' || id where id <= 500");
          awaitEqual();
          target.execute("delete from items where id between 100 and 200");
          source.execute("delete from items where id > 900");
          assertThat(snapshot(mode)).extracting(SnapshotProgress::step).endsWith(Step.DONE);
          source.execute("update items set v = 'y' || id where id > 500");
          awaitEqual();
          await().atMost(PATIENCE).until(() -> state() == TableState.Name.STREAMING);
        });
  }

  @Test
  void isAppliedInTheTablesLineWhereTheRunHasHardlyBegun() throws Throwable {
    produce(Generation.NEW);
    consumer.tables().add(items()).block(PATIENCE);
    path.running(
        () -> {
          assertThat(snapshot(SnapshotMode.CLEAN))
              .extracting(SnapshotProgress::step)
              .endsWith(Step.DONE);
          source.execute("delete from items where id > 900");
          awaitEqual();
        });
  }

  @Test
  void listsWhatThereIs() {
    produce(Generation.NEW);
    snapshot(SnapshotMode.CLEAN);
    snapshot(SnapshotMode.UPSERT);
    SourceTable table = items().source();
    List<PublishedSnapshot> found =
        consumer.snapshots().published(table).collectList().block(PATIENCE);
    assertThat(found).hasSize(2).allMatch(s -> s.complete() && s.rows() == 1000);
    String first = found.get(0).subject();
    source.execute("truncate items");
    assertThat(
            consumer
                .snapshots()
                .apply(first, items(), SnapshotMode.CLEAN)
                .blockLast(PATIENCE)
                .rowsDone())
        .isEqualTo(1000);
  }

  @Test
  void anOldSnapshotOfATableThatIsFarAheadCatchesUp() throws Throwable {
    produce(Generation.NEW);
    snapshot(SnapshotMode.CLEAN);
    String old = consumer.snapshots().published(items().source()).blockFirst(PATIENCE).subject();
    consumer.tables().add(items()).block(PATIENCE);
    path.running(
        () -> {
          for (int i = 0; i < 20; i++) {
            source.execute(
                "update items set v = 'r%d-' || id where id %% 20 = %d".formatted(i, i),
                "delete from items where id = %d".formatted(100 + i),
                "insert into items values (%d, 'v%d')".formatted(2000 + i, 100 + i));
          }
          awaitEqual();
          for (SnapshotMode mode : SnapshotMode.values()) {
            consumer.snapshots().apply(old, items(), mode).blockLast(PATIENCE);
            source.execute(
                "insert into items values (%d, 'z')"
                    .formatted(mode == SnapshotMode.CLEAN ? 3001 : 3000),
                "delete from items where v = 'z'");
            awaitEqual();
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void withoutItsEndItIsGivenUpAndNothingHasChanged(SnapshotMode mode) {
    produce(Generation.NEW);
    snapshot(SnapshotMode.CLEAN);
    String before = contents(target);
    String position = position();
    producer.stop();
    producer = null;
    produce(Generation.NEW, Defect.NO_SNAPSHOT_EOF);
    source.execute("update items set v = 'x' || id");
    try (CreekConsumer impatient = consumer(IMPATIENT)) {
      assertThatThrownBy(() -> impatient.snapshots().take(items(), mode).blockLast(PATIENCE))
          .isInstanceOf(SnapshotException.class)
          .hasMessageContaining("nothing has come for 3 s, and its end is missing");
    }
    assertThat(contents(target)).isEqualTo(before);
    assertThat(position()).isEqualTo(position);
    assertThat(leftovers()).isEqualTo("0");
  }

  private String position() {
    return target.value(
        "select concat_ws(' ', stream_seq, lsn, timestamp) from _creek_consumer.subscriptions");
  }

  private String leftovers() {
    return target.value("select count(*) from pg_class where relname like '\\_creek\\_snap%'");
  }

  @Test
  void whatRetentionHasCutOffIsRefusedUnlessForced() throws Exception {
    produce(Generation.NEW);
    snapshot(SnapshotMode.CLEAN);
    String old = consumer.snapshots().published(items().source()).blockFirst(PATIENCE).subject();
    source.execute("update items set v = 'x' || id");
    producer.awaitCaughtUp(PATIENCE);
    purge("CREEK_wal_" + source.name());
    String before = contents(target);
    for (SnapshotMode mode : SnapshotMode.values()) {
      assertThatThrownBy(() -> consumer.snapshots().apply(old, items(), mode).blockLast(PATIENCE))
          .isInstanceOf(SnapshotException.class)
          .hasMessageContaining("the broker no longer holds all changes of");
    }
    assertThat(contents(target)).isEqualTo(before);
    assertThat(
            consumer.snapshots().applyForced(old, items(), SnapshotMode.CLEAN).blockLast(PATIENCE))
        .extracting(SnapshotProgress::step)
        .isEqualTo(Step.DONE);
  }

  private void purge(String stream)
      throws IOException, InterruptedException, JetStreamApiException {
    try (Connection connection = Nats.connect(path.broker().uri())) {
      connection.jetStreamManagement().purgeStream(stream);
    }
  }

  @Test
  void onlyACleanSnapshotHealsAGap() throws Throwable {
    produce(Generation.NEW);
    snapshot(SnapshotMode.CLEAN);
    consumer.tables().add(items()).block(PATIENCE);
    source.execute("update items set v = 'x' || id", "delete from items where id < 100");
    producer.awaitCaughtUp(PATIENCE);
    purge("CREEK_wal_" + source.name());
    source.execute("insert into items values (7000, 'x')");
    path.running(
        () -> {
          await().atMost(PATIENCE).until(() -> state() == TableState.Name.GAP);
          assertThatThrownBy(() -> snapshot(SnapshotMode.UPSERT))
              .isInstanceOf(SnapshotException.class);
          String old =
              consumer.snapshots().published(items().source()).blockFirst(PATIENCE).subject();
          consumer.snapshots().applyForced(old, items(), SnapshotMode.UPSERT).blockLast(PATIENCE);
          await().atMost(PATIENCE).until(() -> state() == TableState.Name.GAP);
          snapshot(SnapshotMode.CLEAN);
          awaitEqual();
          await().atMost(PATIENCE).until(() -> state() == TableState.Name.STREAMING);
        });
  }

  /** What was deleted a moment ago is within the overlap that is read once more, but not needed. */
  @Test
  void aCleanSnapshotHealsADeletionFromTheMiddleOfTheStream() throws Throwable {
    produce(Generation.NEW);
    snapshot(SnapshotMode.CLEAN);
    consumer.tables().add(items()).block(PATIENCE);
    source.execute("update items set v = 'x' || id where id < 50");
    producer.awaitCaughtUp(PATIENCE);
    try (Connection connection = Nats.connect(path.broker().uri())) {
      connection.jetStreamManagement().deleteMessage("CREEK_wal_" + source.name(), 20);
    }
    path.running(
        () -> {
          await().atMost(PATIENCE).until(() -> state() == TableState.Name.GAP);
          snapshot(SnapshotMode.CLEAN);
          awaitEqual();
          await().atMost(PATIENCE).until(() -> state() == TableState.Name.STREAMING);
          source.execute("update items set v = 'y' || id where id > 500");
          awaitEqual();
        });
  }

  @Test
  void aSnapshotIsBroughtToItsEndWhereTheTableMovesToAnotherInstance() throws Throwable {
    produce(Generation.NEW);
    snapshot(SnapshotMode.CLEAN);
    consumer.tables().add(items()).block(PATIENCE);
    consumer.close();
    producer.stop();
    produce(Generation.NEW, Defect.NO_SNAPSHOT_EOF);
    consumer = consumer(Duration.ofSeconds(5));
    path.running(
        () -> {
          await().atMost(PATIENCE).until(() -> state() == TableState.Name.STREAMING);
          assertThatThrownBy(
                  () ->
                      consumer
                          .snapshots()
                          .take(items(), SnapshotMode.CLEAN)
                          .publishOn(Schedulers.boundedElastic())
                          .doOnNext(progress -> moveTheTable(progress.step()))
                          .blockLast(PATIENCE))
              .as("waits for the rest until it stalls, and is not stopped before")
              .hasMessageContaining("nothing has come for 5 s");
          await().atMost(PATIENCE).until(() -> state() == TableState.Name.WAITING);
        });
  }

  /** To one of so many that this instance can hardly keep it. */
  private void moveTheTable(Step step) {
    if (step == Step.LOADING) {
      target.execute(
          """
          insert into _creek_consumer.instances
              (id, host, process, version, serving, snapshots, heartbeat_at)
          select 'other ' || i, 'h', i, 'v', true, '{}', now() + interval '1 hour'
          from generate_series(1, 5000) i
          on conflict (id) do nothing""",
          "notify creek_instances");
    }
  }

  @Test
  void aSnapshotThatIsNotThereIsAnError() {
    produce(Generation.NEW);
    assertThatThrownBy(
            () ->
                consumer
                    .snapshots()
                    .apply(
                        "CREEK_snap_" + source.name() + ".public.items.nothing",
                        items(),
                        SnapshotMode.CLEAN)
                    .blockLast(PATIENCE))
        .isInstanceOf(SnapshotException.class)
        .hasMessageContaining("there is no snapshot");
    assertThatThrownBy(
            () ->
                consumer
                    .snapshots()
                    .apply("other", items(), SnapshotMode.CLEAN)
                    .blockLast(PATIENCE))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
