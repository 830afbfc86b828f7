package dev.creek.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.creek.consumer.api.CommandRecord.CommandOutcome;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.SqlCall;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.Defect;
import dev.creek.consumer.testing.producer.TestProducer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/** Commands that wait or run are cancelled, and everything is as it was. */
final class CancelIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int SMALL_BATCH = 100;
  private static final int ROWS = 1000;

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final List<CreekConsumer> services = new ArrayList<>();
  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private SqlCall sql;
  private TestProducer producer;

  /** Lines of those who apply snapshots. */
  private final ListAppender<ILoggingEvent> said = new ListAppender<>();

  @BeforeEach
  void listen() {
    said.start();
    snapshotLog().addAppender(said);
  }

  @AfterEach
  void listenNoMore() {
    snapshotLog().detachAppender(said);
  }

  private static Logger snapshotLog() {
    return (Logger) LoggerFactory.getLogger("dev.creek.consumer.stream.snapshot.SnapshotLoad");
  }

  @BeforeEach
  void createTables() {
    source.execute(
        "create table items (id int primary key, v text)",
        "insert into items select i, 'v' || i from generate_series(1, %d) i".formatted(ROWS));
    sql = SqlCall.of(target);
  }

  private void produce(Generation generation, Defect... defects) {
    producer = path.produce(generation, defects);
  }

  private CreekConsumer serve() {
    CreekConsumer service = path.consumer(path.options().batches(SMALL_BATCH, 1 << 20));
    services.add(service);
    service.initialize().block(PATIENCE);
    path.run();
    await().atMost(PATIENCE).until(() -> serving(service) == services.size());
    return service;
  }

  private static long serving(CreekConsumer service) {
    return service
        .health()
        .instances()
        .filter(Instance::serving)
        .count()
        .blockOptional()
        .orElse(0L);
  }

  private String items() {
    return source.name() + ".public.items:public.items";
  }

  /** A table that is followed, and a snapshot of it that has written rows and waits for its end. */
  private long snapshotThatNeverEnds(Generation generation, String mode) throws SQLException {
    produce(generation);
    assertThat(waitFor(sql.id("resync", items()))).isEqualTo("ok");
    awaitState("streaming");
    producer.stop();
    produce(generation, Defect.NO_SNAPSHOT_EOF);
    target.execute("update items set v = 'mine' where id = 1");
    long id = sql.id("snapshot", items(), mode);
    await().atMost(PATIENCE).until(() -> rowsDone(id) > ROWS / 2);
    return id;
  }

  private long rowsDone(long id) {
    return Long.parseLong(
        Objects.requireNonNull(
            target.value(
                "select coalesce(max(rows_done), 0) from _creek_consumer._notification_log where"
                    + " id = "
                    + id)));
  }

  @ParameterizedTest
  @CsvSource({
    "OLD, clean, by %s; the table is as it was",
    "NEW, clean, by %s; the table is as it was",
    "NEW, upsert, by %s; the rows of the snapshot that were written stay"
  })
  void aSnapshotIsGivenUpAndItsTableGoesOn(Generation generation, String mode, String described)
      throws SQLException {
    serve();
    long id = snapshotThatNeverEnds(generation, mode);
    assertThat(sql.call("cancel", id)).isEqualTo("t");
    assertThat(waitFor(id)).isEqualTo("cancelled");
    assertNothingIsLeft();
    assertThat(target.value("select v from items where id = 1"))
        .isEqualTo(mode.equals("clean") ? "mine" : "v1");
    assertThat(detail(id)).isEqualTo(described.formatted(target.server().user()));
    assertThat(
            target.query(
                "select cancelled_by = session_user, cancelled_at between \"timestamp\" and"
                    + " finished_at, finished_at is not null from _creek_consumer._notification_log"
                    + " where id = "
                    + id))
        .containsExactly(List.of("t", "t", "t"));
    assertThat(target.value("select active from _creek_consumer.subscriptions")).isEqualTo("t");
    awaitState("streaming");
    source.execute("update items set v = 'new' where id = 2", "delete from items where id = 3");
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                "new,%d"
                    .formatted(ROWS - 1)
                    .equals(
                        target.value(
                            "select max(v) filter (where id = 2) || ',' || count(*) from items")));
    assertThat(sql.call("cancel", id)).as("it has ended").isEqualTo("f");
  }

  /** Neither a table nor a transaction, as soon as the command has ended. */
  private void assertNothingIsLeft() {
    assertThat(target.value("select count(*) from pg_class where relname like '\\_creek\\_snap%'"))
        .isEqualTo("0");
    assertThat(
            target.value(
                "select count(*) from pg_stat_activity where datname = current_database()"
                    + " and backend_type = 'client backend' and state like 'idle in%'"))
        .isEqualTo("0");
  }

  @Test
  void aTableThatWasMadeForItGoesWithIt() throws SQLException {
    serve();
    produce(Generation.OLD, Defect.NO_SNAPSHOT_EOF);
    long id = sql.id("resync", items());
    await().atMost(PATIENCE).until(() -> rowsDone(id) > ROWS / 2);
    assertThat(target.value("select to_regclass('public.items') is null")).isEqualTo("f");
    assertThat(sql.call("cancel", id)).isEqualTo("t");
    assertThat(waitFor(id)).isEqualTo("cancelled");
    assertNothingIsLeft();
    assertThat(target.value("select to_regclass('public.items') is null")).isEqualTo("t");
    assertThat(target.value("select count(*) from _creek_consumer.subscriptions")).isEqualTo("0");
  }

  @Test
  void whatWaitsBehindItEndsUnbegunAndNothingElse() throws SQLException {
    serve();
    long running = snapshotThatNeverEnds(Generation.NEW, "clean");
    long waiting = sql.id("resync", items());
    assertThat(sql.call("cancel", waiting)).isEqualTo("t");
    assertThat(status(waiting)).isEqualTo("cancelled");
    assertThat(detail(waiting)).isEqualTo("by " + target.server().user() + ", before it was begun");
    assertThat(status(running)).isEqualTo("running");
    long after = sql.id("resume_table", "public.items");
    assertThat(sql.call("cancel", running)).isEqualTo("t");
    assertThat(waitFor(after)).isEqualTo("ok");
    assertThat(
            target.value(
                "select started_at is null from _creek_consumer._notification_log where id = "
                    + waiting))
        .isEqualTo("t");
  }

  @Test
  void aCommandThatWaitsForAServerEndsAtOnce() throws SQLException {
    CreekConsumer service = serve();
    path.broker().stop();
    long id = sql.id("create_schema", items());
    await().atMost(PATIENCE).until(() -> String.valueOf(detail(id)).startsWith("waiting: "));
    assertThat(service.commands().cancel(id).block(PATIENCE)).isTrue();
    assertThat(service.commands().await(id, PATIENCE).block(PATIENCE).outcome())
        .isEqualTo(CommandOutcome.CANCELLED);
    assertThat(target.value("select count(*) from _creek_consumer.subscriptions")).isEqualTo("0");
    path.broker().start();
  }

  @Test
  void aCommandThatIsBlockedByALockLeavesNothing() throws Exception {
    serve();
    produce(Generation.OLD);
    assertThat(waitFor(sql.id("resync", items()))).isEqualTo("ok");
    long id;
    try (var blocker = target.connect()) {
      blocker.setAutoCommit(false);
      blocker.createStatement().execute("select from _creek_consumer.subscriptions for update");
      id = sql.id("remove_table", "public.items");
      await().atMost(PATIENCE).until(() -> "running".equals(status(id)));
      assertThat(sql.call("cancel", id)).isEqualTo("t");
      assertThat(waitFor(id)).isEqualTo("cancelled");
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  "0"
                      .equals(
                          target.value(
                              "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                                  + " and datname = current_database()"
                                  + " and query like '%active%'")));
      blocker.rollback();
    }
    assertThat(waitFor(sql.id("resume_table", "public.items"))).isEqualTo("ok");
    assertThat(target.value("select active from _creek_consumer.subscriptions")).isEqualTo("t");
  }

  @Test
  void whoeverHasItOfSeveralServicesHearsOfIt() throws SQLException {
    CreekConsumer one = serve();
    CreekConsumer two = serve();
    long id = snapshotThatNeverEnds(Generation.OLD, "clean");
    boolean first =
        "t"
            .equals(
                target.value(
                    "select l.owner = min(i.id) from _creek_consumer._notification_log l,"
                        + " _creek_consumer.instances i where l.id = %d group by l.owner"
                            .formatted(id)));
    // Through each of them once, so that one at least is not who carries it out.
    assertThat((first ? two : one).commands().cancel(id).block(PATIENCE)).isTrue();
    assertThat((first ? one : two).commands().cancel(id).block(PATIENCE)).isNotNull();
    assertThat(waitFor(id)).isEqualTo("cancelled");
    assertNothingIsLeft();
    awaitState("streaming");
  }

  @Test
  void oneThatAServiceGivesBackEnds() throws SQLException {
    CreekConsumer service = serve();
    service.stop(PATIENCE).block(PATIENCE);
    long id = sql.id("resync", items());
    target.execute(
        "update _creek_consumer._notification_log set status = 'running', started_at = now(),"
            + " lease_until = now() + interval '1 hour', owner = 'killed'");
    assertThat(sql.call("cancel", id)).isEqualTo("t");
    assertThat(status(id)).as("somebody may be at it").isEqualTo("running");
    target.execute("update _creek_consumer._notification_log set lease_until = now()");
    assertThat(sql.call("cancel", id)).as("asked again when the lease has ended").isEqualTo("t");
    assertThat(status(id)).isEqualTo("cancelled");
    assertThat(detail(id)).isEqualTo("by " + target.server().user() + ", while no service had it");
  }

  @Test
  void theNextServiceEndsWhatAKilledOneHadAndDoesNotBeginIt() throws SQLException {
    CreekConsumer service = serve();
    service.stop(PATIENCE).block(PATIENCE);
    long id = sql.id("resync", items());
    target.execute(
        "update _creek_consumer._notification_log set status = 'running', started_at = now(),"
            + " lease_until = now() + interval '1 hour', owner = 'killed', attempts = 1");
    assertThat(sql.call("cancel", id)).isEqualTo("t");
    target.execute("update _creek_consumer._notification_log set lease_until = now()");
    services.clear();
    service.close();
    serve();
    assertThat(waitFor(id)).isEqualTo("cancelled");
    assertThat(target.value("select step is null from _creek_consumer._notification_log"))
        .isEqualTo("t");
  }

  /**
   * Whoever has locked this keeps commits that move a table's position from ending, once the
   * snapshot's rows are there.
   */
  private static final int GATE = 4711;

  @ParameterizedTest
  @CsvSource({"OLD, clean, swapped", "NEW, clean, in place", "NEW, upsert, row by row"})
  void aLastCommitThatRunsIsWaitedForAndItsOwnEndIsTold(
      Generation generation, String mode, String manner) throws SQLException {
    serve();
    produce(generation);
    assertThat(waitFor(sql.id("resync", items()))).isEqualTo("ok");
    awaitState("streaming");
    if (manner.equals("in place")) {
      target.execute("create view seen as select * from items");
    }
    target.execute("update items set v = 'mine' where id = 1");
    target.execute(
        """
        create function hold() returns trigger language plpgsql as $$
        begin
          if pg_catalog.current_query() ilike 'commit%%'
            and exists (select from public.items where id = 1 and v = 'v1') then
            perform pg_catalog.pg_advisory_xact_lock_shared(%d);
          end if;
          return null;
        end $$"""
            .formatted(GATE),
        "create constraint trigger hold after update on _creek_consumer.subscriptions"
            + " deferrable initially deferred for each row execute function hold()");
    long id;
    try (var gate = target.connect()) {
      gate.createStatement().execute("select pg_advisory_lock(%d)".formatted(GATE));
      id = sql.id("snapshot", items(), mode);
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  "1"
                      .equals(
                          target.value(
                              "select count(*) from pg_stat_activity where wait_event = 'advisory'"
                                  + " and query ilike 'commit%'")));
      assertThat(sql.call("cancel", id)).isEqualTo("t");
      await().atMost(PATIENCE).until(() -> logged("the snapshot's last commit has been sent"));
      assertThat(status(id)).isEqualTo("running");
    }
    assertThat(waitFor(id)).isEqualTo("ok");
    assertThat(target.value("select v from items where id = 1")).isEqualTo("v1");
    assertThat(
            target.value(
                "select cancelled_at is null from _creek_consumer._notification_log where id = "
                    + id))
        .as("who wanted it cancelled is still told")
        .isEqualTo("f");
    awaitState("streaming");
    source.execute("delete from items where id = 3");
    await()
        .atMost(PATIENCE)
        .until(() -> target.value("select count(*) from items").equals(String.valueOf(ROWS - 1)));
  }

  private boolean logged(String text) {
    return List.copyOf(said.list).stream()
        .anyMatch(line -> line.getFormattedMessage().contains(text));
  }

  @Test
  void refusesWhatIsNoCommand() throws SQLException {
    serve();
    assertThat(sql.refusal("cancel", 4711L).message()).isEqualTo("there is no command 4711");
    assertThat(sql.refusal("cancel", (Object) null).message()).isEqualTo("id must not be null");
  }

  private String waitFor(long id) {
    return target.value("call _creek_consumer.wait_for(%d, '2 minutes', null)".formatted(id));
  }

  private String status(long id) {
    return target.value("select status from _creek_consumer._notification_log where id = " + id);
  }

  private String detail(long id) {
    return target.value("select detail from _creek_consumer._notification_log where id = " + id);
  }

  private void awaitState(String state) {
    await()
        .atMost(PATIENCE)
        .until(() -> state.equals(target.value("select state from _creek_consumer.subscriptions")));
  }
}
