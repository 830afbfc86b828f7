package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Incompleteness.Cause;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.Verification;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.TestProducer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nothing is streaming and calm over missing rows: from a real source to a real target. */
final class IncompleteTablesIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final Verification.Options HASTY =
      new Verification.Options(Duration.ofSeconds(2), 100);

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private final CreekConsumer consumer = path.consumer();
  private TestProducer producer;

  @BeforeEach
  void open() {
    source.execute(
        "create table items (id int primary key, v text)",
        "insert into items select i, 'v' || i from generate_series(1, 2000) i",
        "analyze items");
    producer = path.produce(Generation.NEW);
  }

  private Mapping items() {
    return path.mapping("items");
  }

  private Subscription stored() {
    return consumer.tables().subscriptions().blockFirst(PATIENCE);
  }

  private List<Cause> causes() {
    return stored().incompleteness().stream().map(Incompleteness::cause).toList();
  }

  private void awaitState(TableState.Name state) {
    await().atMost(PATIENCE).until(() -> stored().state().name() == state);
  }

  private void awaitRow(int id) {
    producer.awaitCaughtUp(PATIENCE);
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> !target.query("select from items where id = " + id).isEmpty());
  }

  private void fill() {
    consumer.snapshots().take(items(), SnapshotMode.CLEAN).blockLast(PATIENCE);
    consumer.tables().add(items()).block(PATIENCE);
    assertThat(causes()).isEmpty();
  }

  private Verification verify(Verification.Options how) {
    return consumer
        .comparisons()
        .verify(items(), DatabaseOptions.of(source.patientUri()), how)
        .block(PATIENCE);
  }

  @ParameterizedTest
  @EnumSource
  void whoeverCreatesFillsAndThenFollowsATableHasNoDoubt(SnapshotMode mode) throws Throwable {
    source.execute("update items set v = 'w' where id = 1");
    producer.awaitCaughtUp(PATIENCE);
    consumer.tables().create(items()).block(PATIENCE);
    consumer.snapshots().take(items(), mode).blockLast(PATIENCE);
    assertThat(consumer.tables().add(items()).block(PATIENCE).incompleteness()).isEmpty();
    path.running(
        () -> {
          source.execute("insert into items values (5000, 'new')");
          awaitRow(5000);
          assertThat(causes()).isEmpty();
        });
  }

  @Test
  void aTableThatWentAwayIsOneOfDoubtHoweverItComesBack() throws Throwable {
    fill();
    path.running(
        () -> {
          awaitState(TableState.Name.STREAMING);
          target.execute("drop table items");
          source.execute("insert into items values (5000, 'new')");
          awaitState(TableState.Name.FAILED);
          assertThat(stored().state().hint()).contains("creek-consumer resync '" + items() + "'");
          consumer.tables().create(items()).block(PATIENCE);
          awaitRow(5000);
          awaitState(TableState.Name.STREAMING);
          assertThat(causes()).containsExactly(Cause.RECREATED);
          assertThat(target.value("select count(*) from items")).isEqualTo("1");

          assertThat(verify(HASTY).equal()).isFalse();
          assertThat(causes()).containsExactly(Cause.RECREATED);
          consumer.snapshots().take(items(), SnapshotMode.CLEAN).blockLast(PATIENCE);
          assertThat(causes()).isEmpty();
          assertThat(target.value("select count(*) from items")).isEqualTo("2001");
        });
  }

  @Test
  void anIdleTableThatOthersEmptyIsMarkedWithinSeconds() throws Throwable {
    fill();
    path.running(
        () -> {
          awaitState(TableState.Name.STREAMING);
          source.execute("insert into items values (5000, 'new')");
          awaitRow(5000);
          target.execute("truncate items");
          await().atMost(PATIENCE).until(() -> causes().equals(List.of(Cause.RECREATED)));
          assertThat(target.value("select incomplete from _creek_consumer.subscriptions"))
              .isEqualTo("another program has emptied the table");
          awaitState(TableState.Name.STREAMING);
        });
  }

  @Test
  void aColumnThatWasDroppedAndAddedAsHintedIsOneOfDoubtUntilItIsRepaired() throws Throwable {
    fill();
    path.running(
        () -> {
          awaitState(TableState.Name.STREAMING);
          source.execute("insert into items values (5000, 'first')");
          awaitRow(5000);
          target.execute("alter table items drop column v");
          source.execute("update items set v = 'x' || id where id > 287");
          await()
              .atMost(PATIENCE)
              .until(() -> String.valueOf(stored().state().hint()).startsWith("ALTER TABLE"));
          target.execute(stored().state().hint());
          awaitState(TableState.Name.STREAMING);
          source.execute("insert into items values (5001, 'last')");
          awaitRow(5001);
          assertThat(target.value("select count(*) from items where v is null")).isEqualTo("287");
          assertThat(stored().incompleteness())
              .extracting(Incompleteness::cause, Incompleteness::detail)
              .containsExactly(tuple(Cause.COLUMN, "v"));

          Verification repaired =
              consumer
                  .comparisons()
                  .repair(items(), DatabaseOptions.of(source.patientUri()), HASTY)
                  .block(PATIENCE);
          assertThat(repaired.equal()).isTrue();
          assertThat(repaired.repaired()).isEqualTo(287);
          assertThat(repaired.marksCleared()).isEqualTo(1);
          assertThat(causes()).isEmpty();
        });
  }

  /** Rows of the older snapshot have no value of the column; the source's default is not told. */
  @Test
  void anOlderSnapshotFromBeforeAColumnLeavesADoubtAlthoughANewerOneHadTheColumn()
      throws Throwable {
    fill();
    path.running(
        () -> {
          source.execute("insert into items values (2001, 'v')");
          awaitRow(2001);
          source.execute("alter table items add column n int not null default 7");
          target.execute("alter table items add column n int");
          source.execute("insert into items values (2002, 'v')");
          awaitRow(2002);
          assertThat(causes()).containsExactly(Cause.COLUMN);
          consumer.snapshots().take(items(), SnapshotMode.CLEAN).blockLast(PATIENCE);
          assertThat(causes()).isEmpty();
          String oldest =
              consumer.snapshots().published(items().source()).blockFirst(PATIENCE).subject();
          consumer.snapshots().apply(oldest, items(), SnapshotMode.CLEAN).blockLast(PATIENCE);
          await().atMost(PATIENCE).until(() -> causes().equals(List.of(Cause.COLUMN)));
          awaitRow(2002);
        });
  }

  @Test
  void oneThatIsFollowedWithoutASnapshotIsInDoubtUntilBothSidesAreFoundEqual() throws Throwable {
    source.execute("truncate items", "insert into items values (1, 'one')");
    producer.awaitCaughtUp(PATIENCE);
    consumer.tables().create(items()).block(PATIENCE);
    assertThat(consumer.tables().add(items()).block(PATIENCE).incompleteness())
        .extracting(Incompleteness::cause)
        .containsExactly(Cause.NO_SNAPSHOT);
    target.execute(
        "insert into _creek_consumer.incompleteness values ('public.items', 'forced', '', 'x')");
    path.running(
        () -> {
          awaitRow(1);
          target.execute(
              "insert into _creek_consumer.incompleteness values ('public.items', 'no_snapshot', '', 'x') on conflict do nothing");
          target.execute("update items set v = 'wrong'");
          assertThat(verify(HASTY).equal()).isFalse();
          assertThat(causes()).contains(Cause.NO_SNAPSHOT);
          target.execute("update items set v = 'one'");
          assertThat(verify(HASTY).marksCleared()).isPositive();
          assertThat(causes()).isEmpty();
        });
  }

  @Test
  void aFreshSnapshotProvesItTooWhereTheSourceCannotBeRead() throws Throwable {
    fill();
    target.execute(
        "insert into _creek_consumer.incompleteness values ('public.items', 'skipped', '7', 'x'),"
            + " ('public.items', 'thin_snapshot', '', 'x')");
    path.running(
        () -> {
          awaitState(TableState.Name.STREAMING);
          assertThat(
                  consumer
                      .comparisons()
                      .verify(items(), Verification.Options.DEFAULT)
                      .block(PATIENCE)
                      .equal())
              .isTrue();
          assertThat(causes())
              .as("a snapshot cannot prove what snapshots may lack")
              .containsExactly(Cause.THIN_SNAPSHOT);
          assertThat(verify(HASTY).equal()).isTrue();
          assertThat(causes()).isEmpty();
        });
  }

  @ParameterizedTest
  @EnumSource
  void aSnapshotThatTheProducerThinnedOutIsToldAndMarked(SnapshotMode mode) {
    source.execute(
        "create table prices (id int primary key, price numeric)",
        "insert into prices select i, case when i % 10 > 0 then 1 end from generate_series(1, 300) i",
        "analyze prices");
    Mapping prices = path.mapping("prices");
    producer.stop();
    producer.start();
    SnapshotProgress last = consumer.snapshots().take(prices, mode).blockLast(PATIENCE);
    assertThat(last.rowsDone()).isEqualTo(30);
    assertThat(last.doubt())
        .contains("the snapshot holds 30 rows, the source's statistics say about 300")
        .contains("check --source-uri");
    assertThat(consumer.tables().add(prices).block(PATIENCE).incompleteness())
        .extracting(Incompleteness::cause)
        .containsExactly(Cause.THIN_SNAPSHOT);
  }
}
