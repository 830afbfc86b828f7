package dev.creek.consumer.stream.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Instance.Self;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.MetricsRecorder;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.stream.PipelineOptions;
import dev.creek.consumer.stream.Schemas;
import dev.creek.consumer.testing.MemoryLog;
import dev.creek.consumer.testing.NoSnapshotLog;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.WalTx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Instances share groups of tables as wholes, over a real target and a broker in memory. */
final class GroupSharesIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final int TABLES = 24;
  private static final int GROUPS = 8;

  /** Groups whose tables have two owners, or are not all owned. */
  private static final String DIVIDED =
      """
      select group_name from _creek_consumer.subscriptions
      where group_name is not null
      group by group_name
      having count(distinct owner) <> 1 or count(*) <> count(owner)
      """;

  private static final String NOT_APPLIED =
      """
      select target, state, reason, stream_seq, rows_applied, owner, epoch
      from _creek_consumer.subscriptions
      where coalesce(stream_seq, 0) < 1 or rows_applied is distinct from 1 or state <> 'streaming'
      """;

  private static final String OWNERS =
      "select count(distinct owner) from _creek_consumer.subscriptions";

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  private final MemoryLog log = new MemoryLog(1, () -> {});
  private final List<Instance> instances = new ArrayList<>();
  private PostgresDatabase database;
  private Instance first;

  @BeforeEach
  void open(PostgresDatabase created) {
    database = created;
    database.execute("create schema copy");
    for (int i = 0; i < TABLES; i++) {
      TableWire wire = TableWire.of("app", "t" + i).column("id", "int4", TableWire.Flag.KEY);
      database.execute("create table copy.t" + i + " (id int primary key)");
      log.publish(wire.source(), wire.fingerprint(), wire.schemaText());
      log.append(wire.source(), wire.insert(WalTx.of(i + 1), 7).packets());
    }
    first = new Instance();
    first.target.subscriptions().migrate().block(PATIENCE);
  }

  @AfterEach
  void close() {
    instances.forEach(Instance::close);
  }

  private static Mapping mapping(int table) {
    return new Mapping(
        TableWire.of("app", "t" + table).source(), new TargetTable("copy", "t" + table));
  }

  private static String group(int table) {
    return "group " + table % GROUPS;
  }

  private void subscribe(boolean grouped) {
    for (int i = 0; i < TABLES; i++) {
      first.target.subscriptions().activate(mapping(i), grouped ? group(i) : null).block(PATIENCE);
    }
  }

  /** Which of the instances have a table at all is chance: their names differ each time. */
  private void awaitShares() {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(database.query(NOT_APPLIED)).isEmpty();
              assertThat(database.query(DIVIDED)).isEmpty();
              assertThat(database.value(OWNERS))
                  .isEqualTo(
                      Long.toString(
                          instances.stream()
                              .filter(Instance::isServing)
                              .filter(Instance::ownsAny)
                              .count()));
            });
  }

  private void awaitOneOwner() {
    awaitShares();
    assertThat(database.value(OWNERS)).isEqualTo("1");
  }

  private Instance another(Grouping grouping) {
    Instance other = new Instance();
    other.start(grouping);
    return other;
  }

  @Test
  void aNamedGroupIsWithOneInstanceAndMovesAsAWhole() {
    subscribe(true);
    first.start(Grouping.TABLE);
    awaitOneOwner();
    Instance second = another(Grouping.TABLE);
    awaitShares();
    for (int i = 0; i < TABLES; i += 2) {
      first.target.subscriptions().setGroup(mapping(i).target(), group(i + 1)).block(PATIENCE);
    }
    awaitShares();
    assertThat(
            database.value("select count(distinct group_name) from _creek_consumer.subscriptions"))
        .isEqualTo(Integer.toString(GROUPS / 2));
    // Commands are carried out where the table is.
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              for (int i = 0; i < TABLES; i++) {
                TargetTable table = mapping(i).target();
                TargetTable ofTheSameGroup = mapping((i + GROUPS) % TABLES).target();
                assertThat(first.lines.owns(table)).isNotEqualTo(second.lines.owns(table));
                assertThat(first.lines.owns(table)).isEqualTo(first.lines.owns(ofTheSameGroup));
              }
            });
    second.stop();
    awaitOneOwner();
  }

  @Test
  void allTablesOfASourceDatabaseAreWithOneInstanceIfTheyAreGrouped() {
    subscribe(false);
    first.start(Grouping.DATABASE);
    awaitOneOwner();
    Instance second = another(Grouping.DATABASE);
    await()
        .atMost(PATIENCE)
        .until(() -> second.target.replicas().instances().count().block(PATIENCE) == 2);
    awaitOneOwner();
    // Named ones are units of their own.
    for (int i = 0; i < TABLES; i++) {
      first.target.subscriptions().setGroup(mapping(i).target(), group(i)).block(PATIENCE);
    }
    awaitShares();
    for (int i = 0; i < TABLES; i++) {
      first.target.subscriptions().setGroup(mapping(i).target(), null).block(PATIENCE);
    }
    awaitOneOwner();
  }

  @Test
  void asLongAsOneGroupsByDatabaseAllShareByDatabaseSoThatTheyAgree() {
    subscribe(false);
    first.start(Grouping.TABLE);
    Instance second = another(Grouping.TABLE);
    await().atMost(PATIENCE).until(() -> first.ownsAny() && second.ownsAny());
    awaitShares();
    Instance grouped = another(Grouping.DATABASE);
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(Stream.of(first, second, grouped).filter(Instance::ownsAny)).hasSize(1));
    awaitOneOwner();
    assertThat(
            grouped.target.replicas().instances().collectList().block(PATIENCE).stream()
                .map(dev.creek.consumer.api.Instance::grouping))
        .containsExactly(Grouping.TABLE, Grouping.TABLE, Grouping.DATABASE);
    grouped.stop();
    await().atMost(PATIENCE).until(() -> first.ownsAny() && second.ownsAny());
    awaitShares();
  }

  @Test
  void tablesThatAreAppliedAloneAreSharedOneByOne() {
    subscribe(false);
    first.start(Grouping.TABLE);
    awaitOneOwner();
    Instance second = another(Grouping.TABLE);
    await().atMost(PATIENCE).until(() -> first.ownsAny() && second.ownsAny());
    awaitShares();
    assertThat(database.value(OWNERS))
        .as("of twenty-four, but for a chance in millions")
        .isEqualTo("2");
  }

  /** An instance of the consumer. */
  private final class Instance {
    PostgresTarget target = PostgresTarget.connect(DatabaseOptions.of(database.patientUri()));
    private final Sinks.Empty<Void> stop = Sinks.empty();
    private final Sinks.Empty<Void> ended = Sinks.empty();
    private final Scheduler threads = Schedulers.newParallel("line", 2);
    private @Nullable Disposable running;
    TablePipelines lines;

    Instance() {
      instances.add(this);
    }

    void start(Grouping grouping) {
      target.close().block(PATIENCE);
      target =
          PostgresTarget.connect(
              DatabaseOptions.of(database.patientUri()), Self.of("test", null), grouping);
      target.subscriptions().migrate().block(PATIENCE);
      lines =
          new TablePipelines(
              log,
              new NoSnapshotLog(),
              target.subscriptions(),
              target.replicas(),
              target.tables(),
              target.snapshots(),
              new Schemas(target.schemaCache(), log),
              PipelineOptions.DEFAULT.withGrouping(grouping),
              threads,
              MetricsRecorder.NONE,
              event -> {},
              stop.asMono());
      running = lines.run().doFinally(signal -> ended.tryEmitEmpty()).subscribe();
    }

    boolean isServing() {
      return running != null;
    }

    boolean ownsAny() {
      return IntStream.range(0, TABLES).anyMatch(i -> lines.owns(mapping(i).target()));
    }

    void stop() {
      stop.tryEmitEmpty();
      if (running != null) {
        ended.asMono().block(PATIENCE);
        running = null;
      }
    }

    void close() {
      stop();
      threads.dispose();
      target.close().block(PATIENCE);
    }
  }
}
