package dev.creek.consumer.app.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.api.Incompleteness;
import dev.creek.consumer.api.Instance;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Position;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TableState;
import dev.creek.consumer.api.TargetTable;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class StatusTest {
  private static final Instant WHEN = Instant.parse("2025-04-01T10:11:12.5Z");

  private final CliRun cli = CliRun.withServers();

  private void serve(boolean serving) {
    serve(serving, Duration.ofMillis(300));
  }

  private void serve(boolean serving, Duration silentFor) {
    cli.consumer.instances.add(instance(serving, silentFor));
  }

  private static Instance instance(boolean serving, Duration silentFor) {
    return new Instance(
        "1",
        new Instance.Self("host", 7, "1.2.3", null),
        serving,
        Grouping.DATABASE,
        WHEN,
        silentFor,
        List.of(TargetTable.parse("copy.orders")),
        List.of());
  }

  @Test
  void failsWhereNoServiceRuns() {
    assertThat(cli.run("status")).isOne();
    assertThat(cli.out.toString()).contains("No service is connected to this database");
    var json = CliRun.withServers();
    assertThat(json.run("status", "--json")).isOne();
    assertThat(json.out.toString()).containsPattern("\"service\" ?: ?\"none\"");
  }

  @Test
  void saysOfOneThatIsLateThatItIsLateAndNotThatNoneIsThere() {
    cli.consumer.subscribed.add(table("a", TableState.Name.UNKNOWN, "it said last: streaming", 1));
    serve(true, Duration.ofSeconds(20));
    assertThat(cli.run("status")).isZero();
    assertThat(cli.out.toString())
        .doesNotContain("No service")
        .contains(
            "host:7 is connected, but has sent no heartbeat for 20.0 s: it is slow or stopped")
        .containsPattern("copy.a +shop.public.a +unknown ");
    var silent = CliRun.withServers();
    silent.consumer.instances.add(instance(true, Duration.ofMinutes(2)));
    assertThat(silent.run("status")).as("nobody knows that it works").isOne();
  }

  @Test
  void waitsForOneThatHasJustLostItsConnection() {
    cli.consumer.lost = true;
    var code = CompletableFuture.supplyAsync(() -> cli.run("status"));
    await().until(() -> cli.consumer.asked.stream().filter("commands"::equals).count() >= 3);
    assertThat(code).isNotDone();
    serve(true);
    cli.consumer.lost = false;
    assertThat(code.join()).isZero();
    assertThat(cli.out.toString()).doesNotContain("No service", "has just lost");
  }

  @Test
  void showsAllCommandsThatHaveNotEndedAndSaysThatThereAreMore() {
    serve(true);
    for (long id = 40; id > 20; id--) {
      cli.consumer.commands.add(command(id, "ok", null));
    }
    cli.consumer.commands.add(command(7, "queued", "waits behind command 6: RESYNC a.b.c:d.e"));
    cli.consumer.commands.add(command(6, "running", null));
    cli.consumer.commands.add(command(5, "ok", null));
    assertThat(cli.run("status")).isZero();
    assertThat(cli.out.toString())
        .containsPattern("(?m)^7 .* queued \\(waits behind command 6: RESYNC a.b.c:d.e\\)$")
        .containsPattern("(?m)^6 .* running")
        .containsPattern("(?m)^33 ")
        .doesNotContainPattern("(?m)^(32|5) ")
        .contains("creek-consumer status --commands 100");
    var all = CliRun.withServers();
    all.consumer.commands.addAll(cli.consumer.commands);
    all.run("status", "--commands", "21");
    assertThat(all.out.toString())
        .containsPattern("(?m)^5 ")
        .doesNotContain("There are older ones");
    assertThat(CliRun.withServers().run("status", "--commands", "-1")).isEqualTo(2);
  }

  @Test
  void aCommandAtWorkIsNoService() {
    serve(false);
    assertThat(cli.run("status")).isOne();
    assertThat(cli.out.toString()).contains("No service is connected", "takes a snapshot");
  }

  @Test
  void showsInstancesTablesAndCommands() {
    cli.consumer.subscribed.add(table("orders", TableState.Name.STREAMING, null, 12345));
    cli.consumer.lag = Duration.ofMillis(1500);
    serve(true);
    cli.consumer.commands.add(command("running", "loading"));
    assertThat(cli.run("status")).isZero();
    assertThat(cli.out.toString().lines())
        .anyMatch(
            line ->
                line.matches("host:7 +serves +database +1 +2025-04-01T10:11:12Z +0.3 s ago +1.2.3"))
        .anyMatch(
            line -> line.matches("copy.orders +shop.public.orders +streaming +1.5 s +0 +12,345"))
        .anyMatch(
            line ->
                line.matches("3 .* me +SNAP clean a.b.c:d.e +running \\(loading: 10 of 20 rows\\)"))
        .noneMatch(line -> line.contains("No service"));
  }

  @Test
  void saysWhyATableIsStuckAndFails() {
    cli.consumer.subscribed.add(table("a", TableState.Name.GAP, "gone\nat nats://geheim@h", 0));
    assertThat(cli.run("status")).isOne();
    assertThat(cli.out.toString())
        .contains("copy.a is gap: gone at nats://***@h")
        .contains("-> mend it")
        .contains("No service is connected");
  }

  @Test
  void aStuckTableThatWasRemovedIsNoFailure() {
    var state = new TableState(TableState.Name.FAILED, "x", null);
    cli.consumer.subscribed.add(
        new Subscription(Mapping.parse("s.a.b:c.d"), false, state, Position.NONE, 0));
    serve(true);
    assertThat(cli.run("status")).isZero();
    assertThat(cli.consumer.asked).doesNotContain("lag c.d");
  }

  @Test
  void saysWhyATableMayMissRowsAndWhatClearsItWithoutAFailure() {
    var state = new TableState(TableState.Name.STREAMING, null, null);
    var mark =
        new Incompleteness(Incompleteness.Cause.RECREATED, "another program has emptied the table");
    Mapping mapping = Mapping.parse("s.a.b:copy.b");
    cli.consumer.subscribed.add(
        new Subscription(mapping, true, state, Position.NONE, 0, 0, List.of(mark)));
    cli.consumer.subscribed.add(
        new Subscription(
            Mapping.parse("s.a.c:copy.c"), false, state, Position.NONE, 0, 0, List.of(mark)));
    serve(true);
    assertThat(cli.run("status")).isZero();
    assertThat(cli.out.toString())
        .containsPattern("copy.b +s.a.b +streaming .* recreated")
        .contains("copy.b may differ from its source: another program has emptied the table")
        .contains("-> creek-consumer verify 's.a.b:copy.b'", "creek-consumer resync 's.a.b:copy.b'")
        .doesNotContain("copy.c may differ");
  }

  @Test
  void doesWithoutABroker() {
    cli.environment.remove("NATS_URI");
    cli.consumer.subscribed.add(table("a", TableState.Name.STREAMING, null, 1));
    serve(true);
    assertThat(cli.run("status")).isZero();
    assertThat(cli.consumer.asked).doesNotContain("lag copy.a");
    assertThat(cli.out.toString())
        .containsPattern("streaming +- ")
        .contains("The lag is not known: no broker is named to ask");
  }

  @Test
  void saysWhyLagsAreNotKnown() {
    cli.consumer.subscribed.add(table("a", TableState.Name.STREAMING, null, 1));
    cli.consumer.failures.put("lag copy.a", new IllegalStateException("no nats://me:geheim@h"));
    serve(true);
    assertThat(cli.run("status")).isZero();
    assertThat(cli.out.toString()).contains("The lag is not known: no nats://***@h");
    var json = CliRun.withServers();
    json.consumer.subscribed.addAll(cli.consumer.subscribed);
    json.consumer.failures.putAll(cli.consumer.failures);
    json.run("status", "--json");
    assertThat(json.out.toString())
        .containsPattern("\"lag_unknown\" ?: ?\"no nats://\\*\\*\\*@h\"")
        .containsPattern("\"lag_seconds\" ?: ?null");
  }

  @Test
  void givesProgramsJson() throws Exception {
    cli.consumer.subscribed.add(table("a", TableState.Name.FAILED, "x", 5));
    cli.consumer.commands.add(command("ok", null));
    assertThat(cli.run("status", "--json")).isOne();
    JsonNode status = new ObjectMapper().readTree(cli.out.toString());
    assertThat(status.get("instances")).isEmpty();
    JsonNode table = status.get("tables").get(0);
    assertThat(table.get("target").textValue()).isEqualTo("copy.a");
    assertThat(table.get("state").textValue()).isEqualTo("failed");
    assertThat(table.get("lag_seconds").doubleValue()).isZero();
    assertThat(table.get("rows_per_second").doubleValue()).isZero();
    assertThat(status.get("commands").get(0).get("id").longValue()).isEqualTo(3);
  }

  @Test
  void watchesUntilASignal() throws Exception {
    serve(true);
    var code = CompletableFuture.supplyAsync(() -> cli.run("status", "--watch"));
    await().until(() -> cli.consumer.asked.stream().filter("commands"::equals).count() >= 3);
    cli.signal.get().accept("SIGINT");
    assertThat(code.get()).isZero();
    assertThat(cli.out.toString()).doesNotContain("\u001b");
  }

  private static Subscription table(
      String name, TableState.Name state, String reason, long rowsApplied) {
    return new Subscription(
        Mapping.parse("shop.public." + name + ":copy." + name),
        true,
        new TableState(state, reason, reason == null ? null : "mend it"),
        Position.NONE,
        rowsApplied);
  }

  private static CommandRecord command(long id, String status, String detail) {
    return new CommandRecord(
        id, WHEN, "me", "SNAP a", status, WHEN, null, null, null, null, detail, 1);
  }

  private static CommandRecord command(String status, String step) {
    return new CommandRecord(
        3, WHEN, "me", "SNAP clean a.b.c:d.e", status, WHEN, null, step, 10L, 20L, null, 1);
  }
}
