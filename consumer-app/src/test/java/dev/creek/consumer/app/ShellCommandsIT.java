package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.CommandRecord.CommandOutcome;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.app.cli.CommandStep;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.WholePath;
import dev.creek.consumer.testing.producer.Defect;
import dev.creek.consumer.testing.producer.TestProducer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;

/** What the verbs do beside a service that runs, beside two, and where none does. */
final class ShellCommandsIT {
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final int ROWS = 1000;

  @RegisterExtension static final WholePath path = WholePath.ownServer();

  private final Map<String, String> environment = path.environment();
  private final List<CreekConsumer> services = new ArrayList<>();
  private final PostgresDatabase source = path.source();
  private final PostgresDatabase target = path.target();
  private TestProducer producer;

  @BeforeEach
  void produce() {
    for (String table : List.of("a", "b")) {
      source.execute(
          "create table " + table + " (id int primary key, v text)",
          "insert into %s select i, 'v' || i from generate_series(1, %d) i".formatted(table, ROWS));
    }
    producer = path.produce(Generation.OLD);
    source.execute(
        "update a set v = 'first' where id = 1", "update b set v = 'first' where id = 1");
    producer.awaitCaughtUp(PATIENCE);
  }

  private CreekConsumer serve() {
    CreekConsumer service = path.consumer(path.options());
    services.add(service);
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

  private String mapping(String table) {
    return source.name() + ".public." + table + ":public." + table;
  }

  @Test
  void aServiceDoesWhatIsAskedInOrderAndRecordsIt() {
    serve();
    assertThat(run("create-schemas", mapping("a"))).isEqualTo(mapping("a") + ": created");
    assertThat(run("add-tables", mapping("a"))).isEqualTo(mapping("a") + ": subscribed");
    String snapshot = run("snapshot", "--mode", "clean", mapping("a"));
    assertThat(snapshot).matches(".*: 1,000 rows of \\S+");
    String name = snapshot.replaceAll(".* ", "");
    assertThat(run("apply-snapshot", "--name", name, mapping("a")))
        .contains("1,000 rows of " + name);
    assertThat(run("resync", mapping("b"))).endsWith(", subscribed");
    assertThat(run("remove-tables", "public.a")).isEqualTo("public.a: removed");
    LocalRun refused = LocalRun.of(environment, "remove-table", "public.unknown", "public.b");
    assertThat(refused.code()).isOne();
    assertThat(refused.out()).contains("public.b: removed");
    assertThat(refused.err())
        .contains("public.unknown: command 7: public.unknown is not subscribed");
    assertThat(log())
        .containsExactly(
            List.of("CREATE " + mapping("a"), "ok"),
            List.of("ADD " + mapping("a"), "ok"),
            List.of("SNAP clean " + mapping("a"), "ok"),
            List.of("APPLY_SNAP upsert " + name + " " + mapping("a"), "ok"),
            List.of("RESYNC " + mapping("b"), "ok"),
            List.of("REMOVE public.a", "ok"),
            List.of("REMOVE public.unknown", "public.unknown is not subscribed"),
            List.of("REMOVE public.b", "ok"));
    assertThat(target.value("select count(*) from b")).isEqualTo(Integer.toString(ROWS));
  }

  @Test
  void theyDoItThemselvesWhereNoServiceRuns() {
    assertThat(run("create-schemas", mapping("a"))).isEqualTo(mapping("a") + ": created");
    assertThat(run("add-tables", mapping("a"))).isEqualTo(mapping("a") + ": subscribed");
    String snapshot = run("snapshot", mapping("a"));
    assertThat(snapshot).matches(".*: 1,000 rows of \\S+ in \\S+ s");
    String name = snapshot.replaceAll(".* of (\\S+) .*", "$1");
    assertThat(run("apply-snapshot", "--name", name, "--force", mapping("a"))).contains(name);
    assertThat(run("resync", mapping("b"))).endsWith(" s, subscribed");
    assertThat(run("remove-tables", "public.a")).isEqualTo("public.a: removed");
    LocalRun refused = LocalRun.of(environment, "remove-table", "public.unknown", "public.b");
    assertThat(refused.code()).isOne();
    assertThat(refused.err()).contains("public.unknown: is not subscribed; list-tables shows");
    assertThat(log()).isEmpty();
    assertThat(
            target.query(
                "select target, active from _creek_consumer.subscriptions order by target"))
        .containsExactly(List.of("public.a", "f"), List.of("public.b", "f"));
    assertThat(target.value("select (select count(*) from a) + (select count(*) from b)"))
        .isEqualTo(Integer.toString(2 * ROWS));
  }

  @Test
  void oneOfTwoServicesDoesItOnce() {
    serve();
    serve();
    CompletableFuture<String> both =
        CompletableFuture.supplyAsync(() -> run("resync", mapping("a"), mapping("b")));
    String alone = run("resync", mapping("b"), mapping("a"));
    assertThat(both.join().lines().toList()).hasSize(2);
    assertThat(alone.lines().toList()).hasSize(2);
    assertThat(
            target.query(
                """
                select distinct status, attempts,
                       owner in (select id from _creek_consumer.instances where serving)
                from _creek_consumer._notification_log
                """))
        .containsExactly(List.of("ok", "1", "t"));
    source.execute("update a set v = 'last' where id = 2", "update b set v = 'last' where id = 2");
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                target
                    .value(
                        "select (select v from a where id = 2) || (select v from b where id = 2)")
                    .equals("lastlast"));
  }

  @Test
  void aForcedSnapshotIsTakenFromTheServiceForThatLong() {
    serve();
    String name = run("resync", mapping("a")).replaceAll(".* of (\\S+), .*", "$1");
    assertThat(run("apply-snapshot", "--name", name, "--force", "--mode", "clean", mapping("a")))
        .contains("1,000 rows of " + name);
    assertThat(log()).hasSize(1);
    source.execute("update a set v = 'last' where id = 2");
    await()
        .atMost(PATIENCE)
        .until(() -> target.value("select v from a where id = 2").equals("last"));
  }

  @Test
  void aSignalCancelsTheCommandThatTheServiceHas() throws Exception {
    CreekConsumer service = serve();
    run("resync", mapping("a"));
    producer.stop();
    source.execute("insert into a values (100001, 'later')");
    producer = withoutSnapshotEnds();
    var signal = new AtomicReference<Consumer<String>>();
    CompletableFuture<LocalRun> resync =
        CompletableFuture.supplyAsync(
            () -> LocalRun.of(environment, signal::set, "resync", mapping("a"), mapping("b")));
    await().atMost(PATIENCE).until(() -> "loading".equals(newest(service).step()));
    signal.get().accept("SIGINT");
    LocalRun said = resync.get(1, TimeUnit.MINUTES);
    assertThat(said.code()).isOne();
    assertThat(said.err())
        .contains(
            mapping("a")
                + ": command 2 was cancelled by "
                + target.server().user()
                + "; the table is as it was")
        .contains(mapping("b") + ": not begun");
    assertThat(newest(service).outcome()).isEqualTo(CommandOutcome.CANCELLED);
    assertThat(log()).hasSize(2);
    assertThat(target.value("select active from _creek_consumer.subscriptions")).isEqualTo("t");
    await()
        .atMost(PATIENCE)
        .until(() -> "later".equals(target.value("select max(v) from a where id = 100001")));
  }

  private TestProducer withoutSnapshotEnds() {
    return path.produce(path.producing(Generation.OLD).defects(Defect.NO_SNAPSHOT_EOF));
  }

  @Test
  void theVerbCancelsWaitsForTheEndAndSaysWhatItFound() {
    CreekConsumer service = serve();
    producer.stop();
    producer = withoutSnapshotEnds();
    CompletableFuture<LocalRun> resync =
        CompletableFuture.supplyAsync(() -> LocalRun.of(environment, "resync", mapping("a")));
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                service.commands().newest(1).any(c -> "loading".equals(c.step())).block(PATIENCE));
    String user = target.server().user();
    assertThat(run("cancel", "1"))
        .isEqualTo("command 1: cancelled by " + user + "; the table is as it was");
    LocalRun asked = resync.join();
    assertThat(asked.code()).isOne();
    assertThat(asked.err()).contains("command 1 was cancelled by " + user);
    LocalRun again = LocalRun.of(environment, "cancel", "1", "4711");
    assertThat(again.code()).isOne();
    assertThat(again.err())
        .contains("command 1: it had ended already: cancelled")
        .contains("command 4711: there is no such command");
    assertThat(LocalRun.of(environment, "cancel", "seven").code()).isEqualTo(2);
    assertThat(LocalRun.of(environment, "status").out()).contains("cancelled");
  }

  @Test
  void aCommandWhoseServiceHasGoneWaitsForTheNextOne() throws Exception {
    CreekConsumer service = serve();
    run("resync", mapping("a"));
    CreekConsumer facade = path.consumer(path.options());
    services.add(facade);
    var given = new RunningService(facade, Duration.ofMillis(600));
    var remove = new Command.RemoveTable(Mapping.parse(mapping("a")).target());
    try (Connection blocker = blocked()) {
      CompletableFuture<List<CommandStep>> steps =
          given
              .carryOut(remove, Flux.error(new AssertionError("not given")))
              .collectList()
              .toFuture();
      await().atMost(PATIENCE).until(() -> newest(facade).status().equals(CommandRecord.RUNNING));
      service.close();
      assertThatThrownBy(() -> steps.get(1, TimeUnit.MINUTES))
          .hasMessageContaining("command 2 waits: no service runs any more");
      blocker.rollback();
    }
    assertThat(newest(facade).outcome()).isEqualTo(CommandOutcome.PENDING);
    services.remove(service);
    services.remove(facade);
    serve();
    assertThat(facade.commands().await(2, PATIENCE).blockOptional().orElseThrow().outcome())
        .isEqualTo(CommandOutcome.OK);
    facade.close();
  }

  /** Nobody can end a subscription until it is rolled back. */
  private Connection blocked() throws SQLException {
    Connection blocker = target.connect();
    blocker.setAutoCommit(false);
    blocker.createStatement().execute("select from _creek_consumer.subscriptions for update");
    return blocker;
  }

  private static CommandRecord newest(CreekConsumer consumer) {
    return consumer.commands().newest(1).blockFirst(PATIENCE);
  }

  private String run(String... arguments) {
    LocalRun run = LocalRun.of(environment, arguments);
    assertThat(run.code()).as(run.said()).isZero();
    return run.out().strip();
  }

  private List<List<String>> log() {
    return target.query(
        "select command, status from _creek_consumer._notification_log order by id");
  }
}
