package dev.creek.consumer.app.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.Membership;
import dev.creek.consumer.api.MetricsRecorder.Backlog.Certainty;
import dev.creek.consumer.api.Reachability;
import dev.creek.consumer.app.config.BearerToken;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Sinks;

final class StatusEndpointsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant AT = Instant.parse("2026-03-01T12:00:00Z");

  @Test
  void tellsAllThereIsToTell() throws Exception {
    try (var server = RunningServer.open()) {
      server.streams("shop.public.orders", "copy.orders");
      Told.line(
          server.meters,
          "shop.public.items",
          "copy.items",
          FakeService.backlog(Duration.ofSeconds(75), 12));
      Told.state(server.meters, "copy.items", "failed", "no column", "add it");
      Told.snapshot(server.meters, "shop.public.big", "copy.big", "clean", "loading", 10, 40);
      server.service.tables =
          List.of(
              seen("copy.items", "failed"),
              seen("copy.elsewhere", "gap"),
              new SubscriptionView(
                  "s.a.old", "copy.old", false, "inactive", null, null, AT, 1, 2, "0/1"));
      server.service.commands =
          List.of(new CommandView(7, AT, "ann", "add_table x", "failed", "boom", null, AT, AT));
      server.service.instances =
          List.of(
              new InstanceView(
                  "me", "host", "1.2.3", "http://a/", true, true, AT, Set.of("copy.items")),
              new InstanceView(
                  "other",
                  "there",
                  "1.2.3",
                  null,
                  false,
                  true,
                  AT,
                  Set.of("copy.elsewhere"),
                  "database",
                  null));
      JsonNode status = status(server);
      assertThat(status.at("/instances/1/grouping").asText()).isEqualTo("database");
      assertThat(status.at("/instances/0").has("grouping")).isFalse();
      assertThat(status.at("/service/version").asText()).isEqualTo("1.2.3");
      assertThat(status.at("/service/ready").asBoolean()).isFalse();
      assertThat(status.at("/broker/up").asBoolean()).isTrue();
      assertThat(status.at("/database/target").asText()).isEqualTo("creek@db.internal:5432/copy");
      assertThat(status.at("/database/used").asInt()).isEqualTo(3);
      assertThat(status.get("tables").findValuesAsText("target"))
          .containsExactly("copy.elsewhere", "copy.items", "copy.old", "copy.orders");
      JsonNode items = status.get("tables").get(1);
      assertThat(items.get("lag").asDouble()).isEqualTo(75);
      assertThat(items.get("pending").asInt()).isEqualTo(12);
      assertThat(items.get("reason").asText()).isEqualTo("no column");
      assertThat(items.get("hint").asText()).isEqualTo("add it");
      assertThat(items.get("sequence").asInt()).isEqualTo(99);
      JsonNode elsewhere = status.get("tables").get(0);
      assertThat(elsewhere.get("here").asBoolean()).isFalse();
      assertThat(elsewhere.get("owner").asText()).isEqualTo("other");
      assertThat(elsewhere.has("lag")).as("nobody knows").isFalse();
      assertThat(status.at("/snapshots/0/expected").asInt()).isEqualTo(40);
      assertThat(status.at("/commands/0/status").asText()).isEqualTo("boom");
      assertThat(status.at("/instances/0/self").asBoolean()).isTrue();
    }
  }

  @Test
  void tellsHowFarBehindAndHowFastTheTablesOfOthersAre() throws Exception {
    try (var server = RunningServer.open()) {
      server.streams("s.a.mine", "copy.mine");
      var elsewhere = seen("copy.elsewhere", "streaming");
      server.service.tables = List.of(elsewhere, seen("copy.mine", "streaming"));
      server.service.lags =
          Map.of("copy.elsewhere", Duration.ofSeconds(7), "copy.mine", Duration.ofSeconds(9));
      JsonNode first = status(server).get("tables");
      assertThat(first.get(0).get("lag").asDouble()).isEqualTo(7);
      assertThat(first.get(0).has("rate")).as("one look tells none").isFalse();
      assertThat(first.get(1).get("lag").asDouble()).as("known better here").isZero();
      server.service.tables = List.of(withRows(elsewhere, elsewhere.rowsApplied() + 1_000_000));
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> status(server).at("/tables/0/rate").asDouble() > 0);
    }
  }

  private static SubscriptionView withRows(SubscriptionView table, long rows) {
    return new SubscriptionView(
        table.source(),
        table.target(),
        table.active(),
        table.state(),
        table.reason(),
        table.hint(),
        table.committedAt(),
        rows,
        table.sequence(),
        table.lsn());
  }

  @Test
  void tellsOfEachTableWhyItsRowsMayDiffer() throws Exception {
    try (var server = RunningServer.open()) {
      var doubt =
          new IncompletenessView(
              List.of("forced", "column"), List.of("resumed", "column came"), AT, "verify it");
      server.streams("s.a.here", "copy.here");
      server.streams("s.a.told", "copy.told");
      Told.incomplete(server.meters, "copy.told", Map.of("skipped", 2), List.of("one", "another"));
      server.service.tables =
          List.of(doubted("copy.elsewhere", doubt), doubted("copy.here", doubt));
      server.service.instances =
          List.of(
              new InstanceView(
                  "other", "there", "1", null, false, true, AT, Set.of("copy.elsewhere")));
      JsonNode tables = status(server).get("tables");
      for (int i = 0; i < 2; i++) {
        JsonNode incomplete = tables.get(i).get("incomplete");
        assertThat(incomplete.get("causes")).extracting(JsonNode::asText).contains("column");
        assertThat(incomplete.get("reasons"))
            .extracting(JsonNode::asText)
            .containsExactly("resumed", "column came");
        assertThat(incomplete.get("since").asText()).isEqualTo(AT.toString());
        assertThat(incomplete.get("hint").asText()).isEqualTo("verify it");
      }
      assertThat(tables.get(2).at("/incomplete/reasons/1").asText()).isEqualTo("another");
      assertThat(status(server).at("/service/ready").asBoolean()).isTrue();
    }
  }

  private static SubscriptionView doubted(String target, IncompletenessView doubt) {
    return new SubscriptionView(
        "s.a.x", target, true, "streaming", null, null, AT, 5, 99, "0/1A", doubt);
  }

  @Test
  void tellsTheGroupOfEachTableThatIsInOne() throws Exception {
    try (var server = RunningServer.open()) {
      server.streams("s.a.here", "copy.here");
      server.streams("s.a.told", "copy.told");
      Told.grouped(server.meters, "copy.here", "logs", Membership.MEMBER);
      server.service.tables =
          List.of(
              grouped("copy.elsewhere", new GroupView("logs", "apart")),
              grouped("copy.here", new GroupView("stale", null)),
              grouped("copy.unknown", new GroupView("logs", null)));
      JsonNode tables = status(server).get("tables");
      assertThat(tables.get(0).get("group").asText()).isEqualTo("logs");
      assertThat(tables.get(0).get("membership").asText()).isEqualTo("apart");
      assertThat(tables.get(1).get("group").asText()).as("known better here").isEqualTo("logs");
      assertThat(tables.get(1).get("membership").asText()).isEqualTo("member");
      assertThat(tables.get(2).has("group")).isFalse();
      assertThat(tables.get(3).get("group").asText()).isEqualTo("logs");
      assertThat(tables.get(3).has("membership")).isFalse();
    }
  }

  private static SubscriptionView grouped(String target, GroupView group) {
    return new SubscriptionView(
        "s.a.x",
        target,
        true,
        "streaming",
        null,
        null,
        AT,
        5,
        99,
        "0/1A",
        group,
        IncompletenessView.NONE);
  }

  @Test
  void tellsNoSecret() throws Exception {
    try (var server = RunningServer.open()) {
      server.service.reached = new Reachability("no nats://me:geheim@host", "x");
      server.streams("s.a.b", "c.d");
      Told.state(server.meters, "c.d", "waiting", "postgres://me:geheim@h/db is away", null);
      assertThat(server.get("/api/status").body()).contains("***").doesNotContain("geheim");
    }
  }

  @Test
  void showsTheLastKnownTablesWhileTheDatabaseIsAwayAndThatTheyAreOld() throws Exception {
    try (var server = RunningServer.open()) {
      server.streams("s.a.mine", "copy.mine");
      server.service.tables =
          List.of(seen("copy.elsewhere", "streaming"), seen("copy.mine", "streaming"));
      server.service.lags = Map.of("copy.elsewhere", Duration.ZERO);
      JsonNode known = status(server);
      assertThat(known.at("/stored/fresh").asBoolean()).isTrue();
      assertThat(known.at("/tables/0/pending").asInt(-1)).as("0 s behind").isZero();
      server.service.tablesFail = true;
      await().until(() -> !status(server).at("/stored/fresh").asBoolean());
      JsonNode old = status(server);
      assertThat(old.at("/stored/fresh").asBoolean()).isFalse();
      assertThat(old.at("/stored/at").asText()).startsWith("20");
      assertThat(old.at("/tables/0/state").asText()).isEqualTo("unknown");
      assertThat(old.at("/tables/0/reason").asText()).contains("last answer: streaming");
      assertThat(old.get("tables").get(0).has("lag")).isFalse();
      assertThat(old.get("tables").get(0).has("rate")).isFalse();
      assertThat(old.at("/tables/1/state").asText()).as("its own").isEqualTo("streaming");
    }
  }

  @Test
  void leavesOutWhatIsNotKnownOfATable() throws Exception {
    try (var server = RunningServer.open()) {
      Told.line(
          server.meters,
          "s.a.b",
          "copy.away",
          FakeService.backlog(Duration.ofSeconds(40), Certainty.BOUND, 0, Certainty.UNKNOWN));
      Told.line(
          server.meters,
          "s.a.c",
          "copy.began",
          FakeService.backlog(Duration.ZERO, Certainty.UNKNOWN, 5, Certainty.BOUND));
      JsonNode tables = status(server).get("tables");
      assertThat(tables.get(0).get("lag").asDouble()).isEqualTo(40);
      assertThat(tables.get(0).get("lag_is").asText()).isEqualTo("at most");
      assertThat(tables.get(0).has("pending")).isFalse();
      assertThat(tables.get(1).has("lag")).isFalse();
      assertThat(tables.get(1).get("pending").asInt()).isEqualTo(5);
      assertThat(tables.get(1).get("pending_is").asText()).isEqualTo("at least");
    }
  }

  @Test
  void sendsAtOnceWhatItKnowsWithoutTheDatabase() throws Exception {
    try (var server = RunningServer.open()) {
      Sinks.Empty<Void> answers = Sinks.empty();
      server.service.databaseTakes = answers.asMono();
      server.streams("s.a.mine", "copy.mine");
      try (var events = new Events(server)) {
        JsonNode first = events.next(event -> true);
        assertThat(first.at("/tables/0/target").asText()).isEqualTo("copy.mine");
        assertThat(first.at("/stored/fresh").asBoolean()).isFalse();
        assertThat(first.get("stored").has("at")).as("it never told anything").isFalse();
        assertThat(first.get("broker").has("up")).as("not known yet").isFalse();
        answers.tryEmitEmpty();
        JsonNode next = events.next(event -> event.has("stored"));
        assertThat(next.at("/stored/fresh").asBoolean()).isTrue();
      }
    }
  }

  @Test
  void sendsEverythingFirstAndThenWhatChanged() throws Exception {
    try (var server = RunningServer.open()) {
      server.streams("s.a.one", "c.one");
      server.streams("s.a.two", "c.two");
      try (var events = new Events(server)) {
        JsonNode first = events.next(event -> event.get("full").asBoolean());
        assertThat(first.has("service")).isTrue();
        Told.state(server.meters, "c.two", "failed", "no column", "add it");
        JsonNode changed =
            events.next(event -> event.get("tables").toString().contains("\"failed\""));
        assertThat(changed.get("full").asBoolean()).isFalse();
        assertThat(changed.get("tables").findValuesAsText("target")).containsExactly("c.two");
        assertThat(changed.has("commands")).as("did not change").isFalse();
        Told.removed(server.meters, "c.one");
        assertThat(
                events
                    .next(event -> !event.path("removed").isEmpty())
                    .get("removed")
                    .get(0)
                    .asText())
            .isEqualTo("c.one");
      }
    }
  }

  @Test
  void tellsRatesAsHistoryAndThenPointByPoint() throws Exception {
    try (var server = RunningServer.open()) {
      server.streams("s.a.one", "c.one");
      server.streams("s.a.quiet", "c.quiet");
      Told.applied(server.meters, "s.a.one", "c.one", 500, 0, 0, 0, AT);
      server.meters.sample(System.nanoTime());
      JsonNode rates = status(server).at("/history/rates");
      assertThat(rates.get("c.one")).hasSize(Rates.POINTS);
      // The server samples as well: on a slow machine the point is no longer the last.
      assertThat(rates.get("c.one")).anyMatch(point -> point.asDouble() > 0);
      assertThat(rates.has("c.quiet")).as("nothing but zeros is left out").isFalse();
      try (var events = new Events(server)) {
        events.next(event -> event.has("history"));
        Told.applied(server.meters, "s.a.one", "c.one", 500, 0, 0, 0, AT);
        server.meters.sample(System.nanoTime());
        assertThat(events.next(event -> event.has("latest") || event.has("history")).toString())
            .contains("c.one");
      }
    }
  }

  @Test
  void letsThoseWhoLookOnGoWhenTheyGo() throws Exception {
    try (var server = RunningServer.open()) {
      var open = new ArrayList<Events>();
      for (int i = 0; i < 16; i++) {
        open.add(new Events(server));
      }
      assertThat(server.get("/api/events").statusCode()).isEqualTo(503);
      assertThat(server.get("/metrics").statusCode()).as("others are served").isEqualTo(200);
      for (Events events : open) {
        events.close();
      }
      // Noticed with a heartbeat or two: seconds, on a busy machine many.
      await()
          .atMost(Duration.ofSeconds(90))
          .ignoreExceptions()
          .until(
              () -> {
                try (var again = new Events(server)) {
                  return again.next(event -> true).get("full").asBoolean();
                }
              });
    }
  }

  @Test
  void thePageMayLoadAndRunNothingButItself() throws Exception {
    try (var server = RunningServer.open()) {
      HttpResponse<String> page = server.get("/");
      assertThat(page.statusCode()).isEqualTo(200);
      assertThat(page.headers().firstValue("Content-Security-Policy"))
          .hasValueSatisfying(
              policy ->
                  assertThat(policy)
                      .startsWith("default-src 'none'; script-src 'sha256-")
                      .doesNotContain("unsafe"));
      assertThat(page.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
      assertThat(page.body()).doesNotContain("innerHTML").doesNotContainPattern("src=\"http");
    }
  }

  @Test
  void canBeSwitchedOff() throws Exception {
    try (var server = RunningServer.with(false, null)) {
      assertThat(server.get("/").statusCode()).isEqualTo(404);
      assertThat(server.get("/api/status").statusCode()).isEqualTo(404);
      assertThat(server.get("/api/events").statusCode()).isEqualTo(404);
      assertThat(server.get("/metrics").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void wantsTheTokenForAllThatTellsSomething() throws Exception {
    try (var server = RunningServer.with(true, new BearerToken("s3cret"))) {
      server.streams("s.a.b", "copy.secret_name");
      assertThat(server.get("/api/status").statusCode()).isEqualTo(401);
      assertThat(server.get("/api/events").statusCode()).isEqualTo(401);
      assertThat(server.get("/").body()).doesNotContain("secret_name");
      assertThat(server.get("/api/status", "Authorization", "Bearer s3cret").body())
          .contains("secret_name");
    }
  }

  @Test
  void answersOnlyToItsOwnNameWhereOnlyThisMachineMayAsk() throws Exception {
    try (var server = RunningServer.open()) {
      assertThat(raw(server, "/api/status", "evil.example")).contains(" 421 ");
      assertThat(raw(server, "/", "127.0.0.1.evil.example")).contains(" 421 ");
      assertThat(raw(server, "/api/status", "localhost:1234")).contains(" 200 ");
      assertThat(raw(server, "/api/status", "[::1]:8080")).contains(" 200 ");
      assertThat(raw(server, "/metrics", "scraped.by.another.name")).contains(" 200 ");
    }
  }

  private static String raw(RunningServer server, String path, String host) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port)) {
      socket
          .getOutputStream()
          .write(("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n").getBytes(US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  private static SubscriptionView seen(String target, String state) {
    return new SubscriptionView(
        "shop.public.x", target, true, state, "why", "what", AT, 5, 99, "0/1A");
  }

  private static JsonNode status(RunningServer server) throws Exception {
    return JSON.readTree(server.get("/api/status").body());
  }

  /** A stream of events, read one by one. */
  private static final class Events implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader lines;

    Events(RunningServer server) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), server.port);
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(US_ASCII));
      lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      lines.readLine();
    }

    JsonNode next(java.util.function.Predicate<JsonNode> wanted) throws IOException {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("data: ")) {
          JsonNode event = JSON.readTree(line.substring("data: ".length()));
          if (wanted.test(event)) {
            return event;
          }
        }
      }
      throw new IOException("the stream ended");
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
