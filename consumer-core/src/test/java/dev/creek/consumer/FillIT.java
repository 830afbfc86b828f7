package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Incompleteness.Cause;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SnapshotMode;
import dev.creek.consumer.api.SnapshotProgress;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.Defect;
import dev.creek.consumer.testing.producer.TestProducer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Columns that were added to existing rows: the table is marked until a fill has brought the
 * source's values.
 */
final class FillIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final int ROWS = 2000;
  private static final int SMALL_BATCH = 100;

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private CreekConsumer consumer;
  private TestProducer producer;

  static Stream<Arguments> generationsAloneAndInAGroup() {
    return Stream.of(Generation.values())
        .flatMap(
            generation -> Stream.of(Arguments.of(generation, ""), Arguments.of(generation, "g")));
  }

  /** Followed, with its rows; in a group with another table, if one is named. */
  private void follow(Generation generation, String group) {
    source.execute(
        "create table items (id int primary key, v text, u int unique)",
        "insert into items select i, 'v' || i, i from generate_series(1, %d) i".formatted(ROWS),
        "create table others (id int primary key)",
        "insert into others values (1)",
        "analyze items");
    producer = path.produce(generation);
    consumer = path.consumer(path.options().batches(SMALL_BATCH, 1 << 20));
    path.run();
    for (String table : group.isEmpty() ? List.of("items") : List.of("items", "others")) {
      consumer.snapshots().take(path.mapping(table), SnapshotMode.CLEAN).blockLast(PATIENCE);
      consumer.tables().add(path.mapping(table), group.isEmpty() ? null : group).block(PATIENCE);
    }
    awaitState(TableState.Name.STREAMING);
    assertThat(stored().incompleteness()).isEmpty();
  }

  private Mapping items() {
    return path.mapping("items");
  }

  private Subscription stored() {
    return consumer
        .tables()
        .subscriptions()
        .filter(subscription -> subscription.mapping().equals(items()))
        .blockFirst(PATIENCE);
  }

  private List<String> marked() {
    return stored().incompleteness().stream()
        .map(mark -> mark.cause().stored() + " " + mark.detail())
        .toList();
  }

  private void awaitState(TableState.Name state) {
    await().atMost(PATIENCE).until(() -> stored().state().name() == state);
  }

  private void awaitMembers() {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(
                        target.query(
                            "select target, state, reason, member, owner, epoch from _creek_consumer.subscriptions"))
                    .hasSize(2)
                    .allSatisfy(row -> assertThat(row).contains("streaming", "t")));
  }

  private void awaitEqual() {
    producer.awaitCaughtUp(PATIENCE);
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> contents(source).equals(contents(target)));
  }

  private static String contents(PostgresDatabase database) {
    return database.value(
        "select count(*) || ' ' || md5(string_agg(to_jsonb(i)::text, ',' order by id)) from items i");
  }

  private SnapshotProgress fill(String... columns) {
    return consumer.snapshots().fill(items(), List.of(columns)).blockLast(PATIENCE);
  }

  /** As a person does who follows the hint: then the page was green over 287 rows of NULLs. */
  @ParameterizedTest
  @MethodSource("generationsAloneAndInAGroup")
  void aColumnThatWasDroppedAndAddedAsHinted(Generation generation, String group) {
    follow(generation, group);
    target.execute("alter table items drop column v");
    source.execute("update items set v = 'x' || id where id > 287");
    await()
        .atMost(PATIENCE)
        .until(() -> String.valueOf(stored().state().hint()).startsWith("ALTER TABLE"));
    target.execute(stored().state().hint());
    awaitState(TableState.Name.STREAMING);
    source.execute(
        "insert into items values (5001, 'last', 5001)", "insert into others values (2)");
    producer.awaitCaughtUp(PATIENCE);
    await()
        .atMost(PATIENCE)
        .until(() -> !target.query("select from items where id = 5001").isEmpty());
    assertThat(target.value("select count(*) from items where v is null")).isEqualTo("287");
    assertThat(stored().incompleteness())
        .extracting(Incompleteness::cause, Incompleteness::detail)
        .containsExactly(tuple(Cause.COLUMN, "v"));

    String command = target.value("select _creek_consumer.fill('public.items', 'v')");
    assertThat(
            target.value("call _creek_consumer.wait_for(%s, '3 minutes', null)".formatted(command)))
        .isEqualTo("ok");
    assertThat(
            target.value(
                "select detail from _creek_consumer._notification_log where id = " + command))
        .startsWith("\"v\" of 2,001 rows of ");
    assertThat(marked()).isEmpty();
    assertThat(contents(target)).isEqualTo(contents(source));
    if (!group.isEmpty()) {
      // Nothing is published meanwhile: no change shows that it may come back.
      awaitMembers();
    }
    source.execute("update items set v = 'end' where id % 7 = 0");
    awaitEqual();
    assertThat(marked()).isEmpty();
  }

  /**
   * The producer loses rows with an infinite time from snapshots, and nothing on the wire shows it.
   */
  @ParameterizedTest
  @EnumSource
  void aRowThatTheProducerLeavesOutOfTheSnapshotKeepsTheMark(Generation generation) {
    follow(generation, "");
    producer.stop();
    producer = path.produce(generation, Defect.DROP_INFINITE_SNAPSHOT_ROWS);
    target.execute("alter table items add column seen timestamp, add column n int");
    source.execute(
        "alter table items add column seen timestamp",
        "update items set seen = 'infinity' where id <= 3",
        "alter table items add column n int default 7",
        "update items set v = 'w' where id = 4");
    awaitValue("select n from items where id = 4", "7");
    assertThat(marked()).containsExactlyInAnyOrder("column n", "column seen");

    assertThat(fill("n").doubt()).contains("lacked 3 rows that are here");
    assertThat(target.value("select count(*) from items where n is null")).isEqualTo("3");
    assertThat(marked()).containsExactlyInAnyOrder("column n", "column seen");

    source.execute("update items set seen = now() where id <= 3");
    awaitValue("select count(*) from items where seen = 'infinity'", "0");
    assertThat(fill("n").doubt()).isNull();
    awaitEqual();
    assertThat(marked()).containsExactly("column seen");
  }

  private void awaitValue(String query, String value) {
    producer.awaitCaughtUp(PATIENCE);
    await().atMost(PATIENCE).until(() -> target.value(query), value::equals);
  }

  /** The same rows and columns change all the time, and rows exchange unique values. */
  @ParameterizedTest
  @EnumSource
  void underLoadTheTargetEndsEqual(Generation generation) throws Exception {
    follow(generation, "");
    var running = new AtomicBoolean(true);
    var load = CompletableFuture.runAsync(() -> change(running, new Random(18)));
    try {
      for (int i = 0; i < 2; i++) {
        String column = "n" + i;
        target.execute("alter table items add column %s int".formatted(column));
        source.execute("alter table items add column %s int default %d".formatted(column, i));
        await().atMost(PATIENCE).until(() -> marked().contains("column " + column));
        // Rows that were deleted just before the snapshot are still here when it is written.
        assertThat(fill(column).doubt()).isNull();
        assertThat(marked()).isEmpty();
      }
    } finally {
      running.set(false);
    }
    load.get();
    awaitEqual();
    assertThat(marked()).isEmpty();
  }

  private void change(AtomicBoolean running, Random random) {
    try (Connection connection = source.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      while (running.get()) {
        try {
          statement.execute(transaction(random));
          connection.commit();
          // Otherwise it is faster than what follows it, and a backlog is all that is tested.
          statement.execute("select pg_sleep(0.01)");
        } catch (SQLException e) {
          // Two rows may come to the same value: such a transaction does not happen.
          connection.rollback();
          if (!"23505".equals(e.getSQLState())) {
            throw e;
          }
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String transaction(Random random) {
    int id = 1 + random.nextInt(ROWS);
    int other = 1 + random.nextInt(ROWS);
    return switch (random.nextInt(4)) {
      case 0 -> "update items set v = v || 'x' where id % 97 = " + id % 97;
      case 1 ->
          "delete from items where id = %1$d; insert into items (id, v) values (%1$d, 'again')"
              .formatted(id);
      case 2 ->
          "update items set u = null where id = %1$d; update items set u = %1$d where id = %2$d; update items set u = %2$d where id = %1$d"
              .formatted(id, other);
      default -> "update items set id = id + 10000 where id = " + id;
    };
  }

  @Test
  void aRoleThatMayNotUpdateIsToldSoAndTheMarkStays() {
    follow(Generation.NEW, "");
    String role = "filler_" + target.name();
    target.execute(
        "alter table items add column n int",
        "create role %s login password 'secret'".formatted(role),
        "grant usage on schema _creek_consumer to " + role,
        "grant all on all tables in schema _creek_consumer to " + role,
        "grant execute on all functions in schema _creek_consumer to " + role,
        "grant select, insert on items to " + role);
    source.execute(
        "alter table items add column n int default 7", "update items set v = 'w' where id = 1");
    await().atMost(PATIENCE).until(() -> marked().equals(List.of("column n")));
    String uri = target.patientUri().replaceFirst("://[^@]*@", "://" + role + ":secret@");
    CreekConsumer other = path.consumer(path.options(DatabaseOptions.of(uri)));
    assertThatThrownBy(() -> other.snapshots().fill(items(), List.of("n")).blockLast(PATIENCE))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("permission denied for table items");
    assertThat(marked()).containsExactly("column n");
    source.execute("update items set v = 'z', n = 8 where id = 2");
    awaitValue("select v || n from items where id = 2", "z8");
    fill("n");
    awaitEqual();
    assertThat(marked()).isEmpty();
  }

  @Test
  void oneThatIsCancelledLeavesTheMarkAndChangesGoOn() {
    follow(Generation.NEW, "");
    target.execute("alter table items add column n int");
    source.execute(
        "alter table items add column n int default 7", "update items set v = 'w' where id = 1");
    await().atMost(PATIENCE).until(() -> marked().equals(List.of("column n")));
    producer.stop();
    producer = path.produce(Generation.NEW, Defect.NO_SNAPSHOT_EOF);
    String command = target.value("select _creek_consumer.fill('public.items', 'n')");
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                target.value(
                    "select rows_done > 1000 from _creek_consumer._notification_log where id = "
                        + command),
            "t"::equals);
    target.execute("select _creek_consumer.cancel(%s)".formatted(command));
    assertThat(
            target.value("call _creek_consumer.wait_for(%s, '3 minutes', null)".formatted(command)))
        .isEqualTo("cancelled");
    assertThat(marked()).containsExactly("column n");
    producer.stop();
    producer = path.produce(Generation.NEW);
    source.execute("update items set v = 'z', n = 8 where id = 2");
    producer.awaitCaughtUp(PATIENCE);
    await()
        .atMost(PATIENCE)
        .until(() -> target.value("select v || n from items where id = 2"), "z8"::equals);
    fill("n");
    awaitEqual();
    assertThat(marked()).isEmpty();
  }
}
