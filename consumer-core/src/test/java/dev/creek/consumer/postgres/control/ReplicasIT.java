package dev.creek.consumer.postgres.control;

import static dev.creek.consumer.postgres.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.DatabaseException;
import dev.creek.consumer.api.DatabaseOptions;
import dev.creek.consumer.api.DatabaseOptions.Pooler;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.postgres.Line;
import dev.creek.consumer.postgres.PostgresTarget;
import dev.creek.consumer.postgres.Waiting;
import dev.creek.consumer.stream.FencedException;
import dev.creek.consumer.stream.HeldException;
import dev.creek.consumer.stream.Replicas.Share;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.PostgresServer;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.WalTx;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Several instances on a real server: who is there, whose each table is, who may take it. */
final class ReplicasIT {
  private static final List<TargetTable> TABLES =
      IntStream.range(0, 30).mapToObj(i -> new TargetTable("copy", "t" + i)).toList();

  private static final TableWire ITEMS =
      TableWire.of(SourceTable.parse("db.app.items"))
          .column("id", "int4", Flag.KEY)
          .column("v", "text");

  /** Of a process that is no more, as the server's list of sessions tells. */
  private static final String GONE = "null, true, '{}', now(), now(), 1, now()";

  /** Of one that nobody has heard of for a while. */
  private static final String SILENT =
      "null, true, '{}', now(), now() - interval '1 minute', null, null";

  @RegisterExtension
  static final PostgresExtension postgres =
      PostgresExtension.own(PostgresServer.builder().version(15));

  private final List<PostgresTarget> opened = new ArrayList<>();
  private final List<Serving> serving = new ArrayList<>();
  private PostgresDatabase database;

  @BeforeEach
  void migrate(PostgresDatabase fresh) {
    database = fresh;
    await(connect().subscriptions().migrate());
  }

  @AfterEach
  void close() {
    serving.forEach(Serving::abandon);
    opened.forEach(target -> await(target.close()));
  }

  private PostgresTarget connect() {
    return connect(DatabaseOptions.builder(database.patientUri(), Map.of()));
  }

  private PostgresTarget connect(DatabaseOptions.Builder options) {
    var target = PostgresTarget.connect(options.build());
    opened.add(target);
    return target;
  }

  private Serving serve() {
    return serve(connect());
  }

  private Serving serve(PostgresTarget target) {
    var instance = new Serving(target);
    serving.add(instance);
    await().until(() -> !instance.shares.isEmpty());
    return instance;
  }

  /** An instance that takes part. */
  private static final class Serving {
    final PostgresTarget target;
    final List<Share> shares = new CopyOnWriteArrayList<>();
    private final Sinks.Empty<Void> until = Sinks.empty();
    private final Sinks.Empty<Void> left = Sinks.empty();
    private final Disposable running;

    Serving(PostgresTarget target) {
      this.target = target;
      this.running =
          target
              .replicas()
              .shares(until.asMono())
              .doOnComplete(left::tryEmitEmpty)
              .subscribe(shares::add);
    }

    boolean owns(TargetTable table) {
      return shares.get(shares.size() - 1).owns(table);
    }

    long owned() {
      return TABLES.stream().filter(this::owns).count();
    }

    void leave() {
      until.tryEmitEmpty();
      await(left.asMono());
    }

    void abandon() {
      running.dispose();
    }
  }

  private void insertInstance(String id, String state) {
    database.execute(insertion(id, state));
  }

  private static String insertion(String id, String state) {
    return "insert into _creek_consumer.instances (id, host, process, version, page, serving,"
        + " snapshots, started_at, heartbeat_at, session_pid, session_started)"
        + " values ('%s', 'h', 1, 'v', %s)".formatted(id, state);
  }

  // Shares.

  @Test
  void ownsEverythingAtOnceWhereItIsAlone() {
    insertInstance("killed", GONE);
    insertInstance("stalled", SILENT);
    var only = serve();
    assertThat(only.shares).hasSize(1);
    assertThat(only.owned()).isEqualTo(TABLES.size());
  }

  @Test
  void sharesTheTablesAndTakesOverFromOneThatLeaves() {
    var one = serve();
    var two = serve();
    await().until(() -> one.owned() < TABLES.size());
    assertThat(TABLES).allMatch(table -> one.owns(table) != two.owns(table));
    two.leave();
    // Well before the next beat could tell.
    await().atMost(Heartbeat.INTERVAL).until(() -> one.owned() == TABLES.size());
    assertThat(await(one.target.replicas().instances())).hasSize(1);
  }

  @Test
  void takesOverFromOneThatStalls() {
    var one = serve();
    insertInstance("stalling", "null, true, '{}', now(), now(), null, null");
    await().until(() -> one.owned() < TABLES.size());
    await()
        .atMost(InstanceSql.DEAD_AFTER.plus(Duration.ofSeconds(3)))
        .until(() -> one.owned() == TABLES.size());
  }

  @Test
  void takesOverFromOneWhoseSessionIsGoneBeforeItsHeartbeatIsOld() {
    var one = serve();
    try (var session = new OpenSession(database)) {
      insertInstance(
          "short-lived",
          "null, true, '{}', now(), now() + interval '1 hour', %d, (select backend_start from"
                  .formatted(session.process())
              + " pg_stat_activity where pid = %d)".formatted(session.process()));
      await().until(() -> one.owned() < TABLES.size());
    }
    await().until(() -> one.owned() == TABLES.size());
  }

  @Test
  void keepsItsShareThroughARestartOfTheServer() {
    var one = serve();
    var two = serve();
    await().until(() -> one.owned() < TABLES.size());
    int before = one.shares.size() + two.shares.size();
    String beat = "select min(heartbeat_at) from _creek_consumer.instances";
    postgres.restartable().restart();
    String restarted = database.value("select clock_timestamp()");
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> database.value(beat).compareTo(restarted) > 0);
    assertThat(one.shares.size() + two.shares.size()).isEqualTo(before);
  }

  @Test
  void comesBackAfterItsRowWasForgotten() {
    var one = serve();
    database.execute("delete from _creek_consumer.instances");
    await().until(() -> await(one.target.replicas().instances()).size() == 1);
    assertThat(one.owned()).isEqualTo(TABLES.size());
  }

  @Test
  void forgetsThoseThatAreLongDead() {
    insertInstance("old", "null, true, '{}', now(), now() - interval '1 hour', null, null");
    serve();
    assertThat(database.value("select count(*) from _creek_consumer.instances where id = 'old'"))
        .isEqualTo("0");
  }

  @Test
  void aServiceThatShowsItselfLateMayBeAtWorkAndOneThatEndedIsNot() throws SQLException {
    var replicas = connect().replicas();
    assertThat(await(replicas.mayServe())).isFalse();
    String late =
        "null, true, '{}', now(), now() - interval '3 minutes', pg_backend_pid(),"
            + " (select backend_start from pg_stat_activity where pid = pg_backend_pid())";
    try (Connection session = database.connect()) {
      session.createStatement().execute(insertion("late", late));
      assertThat(await(replicas.instances())).singleElement().matches(Instance::isLate);
      assertThat(await(replicas.mayServe())).isTrue();
    }
    await().until(() -> !await(replicas.mayServe()));
    assertThat(await(replicas.instances())).isEmpty();
  }

  @Test
  void oneThatHasJustLostItsConnectionMayBeBackForAMoment() {
    var replicas = connect().replicas();
    insertInstance("killed", GONE);
    assertThat(await(replicas.instances())).isEmpty();
    assertThat(await(replicas.mayServe())).isTrue();
    database.execute(
        "update _creek_consumer.instances set heartbeat_at = now() - interval '11 seconds'");
    assertThat(await(replicas.mayServe())).isFalse();
  }

  @Test
  void behindAPoolerItIsAtWorkUntilItHasBeenSilentForLong() {
    var replicas = connect().replicas();
    insertInstance("pooled", "null, true, '{}', now(), now() - interval '2 minutes', null, null");
    assertThat(await(replicas.mayServe())).isFalse();
    database.execute(
        "update _creek_consumer.instances set heartbeat_at = now() - interval '20 seconds'");
    assertThat(await(replicas.instances())).singleElement().matches(Instance::isLate);
    assertThat(await(replicas.mayServe())).isTrue();
  }

  @Test
  void sharesBehindAPoolerByHeartbeatsAlone() {
    var one =
        serve(
            connect(DatabaseOptions.builder(database.uri(), Map.of()).pooler(Pooler.TRANSACTION)));
    assertThat(database.value("select session_pid is null from _creek_consumer.instances"))
        .isEqualTo("t");
    assertThat(one.owned()).isEqualTo(TABLES.size());
  }

  @Test
  void tellsTheInstancesAndWhatTheyOwn() {
    var mapping = Mapping.parse("db.app.items:public.items");
    var target =
        PostgresTarget.connect(
            DatabaseOptions.of(database.patientUri()),
            new Instance.Self("web", 7, "1.2", "http://w/"));
    opened.add(target);
    await(target.subscriptions().activate(mapping));
    serve(target);
    await(target.tables().claim(mapping));
    var instance = await(connect().replicas().instances()).get(0);
    assertThat(instance.id()).startsWith("web:7:");
    assertThat(instance.self()).isEqualTo(new Instance.Self("web", 7, "1.2", "http://w/"));
    assertThat(instance.serving()).isTrue();
    assertThat(instance.owns()).containsExactly(mapping.target());
    assertThat(instance.snapshots()).isEmpty();
    assertThat(instance.heartbeatAge()).isLessThan(InstanceSql.DEAD_AFTER);
  }

  @Test
  void saysWhichPrivilegeIsMissing() {
    database.execute(
        "drop role if exists poor",
        "create role poor login password 'x'",
        "grant usage on schema _creek_consumer to poor");
    var poor =
        connect(
            DatabaseOptions.builder(
                database.uri().replaceFirst("://[^@]*@", "://poor:x@"), Map.of()));
    assertThatThrownBy(() -> poor.replicas().shares(Mono.never()).blockFirst(Waiting.LIMIT))
        .isInstanceOfSatisfying(
            DatabaseException.class, e -> assertThat(e.hint()).contains("delete"));
    database.execute("drop owned by poor", "drop role poor");
  }

  // Claims.

  private Line line(PostgresTarget target) {
    return new Line(target, ITEMS);
  }

  @Test
  void leavesATableToAnInstanceThatIsAliveUntilItLetsGo() {
    var one = serve();
    var line = line(one.target);
    var two = serve();
    assertThatThrownBy(() -> await(two.target.tables().claim(line.mapping)))
        .isInstanceOfSatisfying(HeldException.class, e -> assertThat(e.bySnapshot()).isFalse());
    await(one.target.tables().report(line.claim(), STREAMING));
    assertThat(await(one.target.tables().release(line.claim()))).isTrue();
    assertThat(database.value("select state from _creek_consumer.subscriptions"))
        .isEqualTo("waiting");
    assertThat(await(two.target.tables().claim(line.mapping)).epoch())
        .isGreaterThan(line.claim().epoch());
    assertThat(await(one.target.tables().release(line.claim()))).isFalse();
  }

  private static final TableState STREAMING = new TableState(TableState.Name.STREAMING, null, null);

  @Test
  void takesATableOverFromOneThatDoesNotLetGoButNotInTheMiddleOfATransaction() {
    database.execute("create table items (id int primary key, v text)");
    var one = serve();
    var line = line(one.target);
    var two = serve();
    line.applyPart(ITEMS.insert(WalTx.of(1), 1, "a"));
    assertThatThrownBy(() -> await(two.target.tables().takeOver(line.mapping)))
        .isInstanceOf(HeldException.class);
    line.apply(ITEMS.insert(WalTx.of(1), 2, "b"));
    await(two.target.tables().takeOver(line.mapping));
    assertThatThrownBy(() -> line.apply(ITEMS.insert(WalTx.of(2), 3, "c")))
        .isInstanceOf(FencedException.class);
    assertThat(database.value("select count(*) from items")).isEqualTo("2");
  }

  @Test
  void takesATableFromAStalledInstanceThatHasATransactionOpen() {
    database.execute("create table items (id int primary key, v text)");
    var stalled = serve();
    var line = line(stalled.target);
    line.applyPart(ITEMS.insert(WalTx.of(1), 1, "a"));
    // As if its process had been stopped: no beat arrives any more.
    database.execute(
        "create function public.stall() returns trigger language plpgsql as $$ begin"
            + " if new.id = '%s' then return null; end if; return new; end $$".formatted(owner()),
        "create trigger stall before insert or update on _creek_consumer.instances for each row"
            + " execute function public.stall()");
    var next = serve();
    assertThatThrownBy(() -> await(next.target.tables().claim(line.mapping)))
        .isInstanceOf(HeldException.class);
    await()
        .ignoreExceptionsInstanceOf(HeldException.class)
        .until(() -> await(next.target.tables().claim(line.mapping)) != null);
    assertThat(database.value("select count(*) from items")).isEqualTo("0");
    assertThatThrownBy(() -> line.apply(ITEMS.insert(WalTx.of(1), 2, "b")))
        .isInstanceOf(DatabaseException.class);
  }

  private String owner() {
    return database.value("select owner from _creek_consumer.subscriptions");
  }

  @Test
  void leavesATableAloneWhileACommandTakesASnapshotOfIt() {
    var service = serve();
    var line = line(service.target);
    var command = connect();
    Sinks.Empty<Void> done = Sinks.empty();
    var claimed = new CopyOnWriteArrayList<Boolean>();
    Disposable snapshot =
        command
            .replicas()
            .reserving(
                line.mapping.target(),
                command
                    .tables()
                    .takeOver(line.mapping)
                    .map(claim -> true)
                    .concatWith(done.asMono().cast(Boolean.class)))
            .subscribe(claimed::add);
    await().until(() -> !claimed.isEmpty());
    for (var claiming :
        List.of(
            service.target.tables().claim(line.mapping),
            service.target.tables().takeOver(line.mapping))) {
      assertThatThrownBy(() -> await(claiming))
          .isInstanceOfSatisfying(HeldException.class, e -> assertThat(e.bySnapshot()).isTrue());
    }
    assertThat(await(service.target.replicas().instances()))
        .extracting(Instance::serving, Instance::snapshots)
        .contains(tuple(false, List.of(line.mapping.target())));
    assertThat(service.owned()).as("a command takes no share").isEqualTo(TABLES.size());
    done.tryEmitEmpty();
    await().until(snapshot::isDisposed);
    assertThat(await(service.target.tables().claim(line.mapping))).isNotNull();
    assertThat(await(service.target.replicas().instances())).hasSize(1);
  }

  /** A session whose end the server notices. */
  private static final class OpenSession implements AutoCloseable {
    private final Connection connection;

    OpenSession(PostgresDatabase database) {
      try {
        connection = database.connect();
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    int process() {
      try (var statement = connection.createStatement();
          var result = statement.executeQuery("select pg_backend_pid()")) {
        result.next();
        return result.getInt(1);
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void close() {
      try {
        connection.close();
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
