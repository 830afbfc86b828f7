package dev.creek.consumer.app.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.creek.consumer.app.testing.ServiceProcess;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.PrometheusServer;
import dev.creek.consumer.testing.producer.TestProducer;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Dashboard and alerts asked of a real Prometheus that scrapes the packaged service, while a table
 * is snapshotted, NATS is away and another table fails. Then the dashboard is drawn from its
 * definition and these answers, by {@code dashboard.html}: there is no package of Grafana to be
 * had. Skipped where there is no Prometheus; the picture is left out where there is no Chromium.
 */
@Tag("long")
final class DashboardIT {
  @RegisterExtension private static final PostgresExtension POSTGRES = PostgresExtension.own();
  @RegisterExtension private final NatsExtension natsExtension = NatsExtension.own();

  private static final Duration PATIENCE = Patience.LIMIT;
  private static final String JOB = "creek-consumer";
  private static final Path RULES = Path.of("..", "docs", "prometheus", "alerts.yml");
  private static final Path DASHBOARD = Path.of("..", "docs", "grafana", "dashboard.json");
  private static final Path PICTURE = Path.of("target", "screenshots", "dashboard.png");
  private static final List<String> TABLES = List.of("customers", "events", "orders", "payments");

  /** Between two troubles, so that a picture shows what was before and after. */
  private static final Duration PAUSE = Duration.ofSeconds(45);

  /** As many as a line of the picture has room for. */
  private static final int POINTS = 450;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client = HttpClient.newHttpClient();
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private PostgresDatabase source;
  private PostgresDatabase target;
  private TestProducer producer;
  private ServiceProcess service;
  private PrometheusServer prometheus;
  private Future<?> trading;
  private long began;

  @BeforeAll
  static void lookForPrometheus() {
    Optional<String> missing = PrometheusServer.missing();
    assumeTrue(missing.isEmpty(), missing.orElse(""));
  }

  @BeforeEach
  void start() {
    source = POSTGRES.freshDatabase();
    target = POSTGRES.freshDatabase();
    for (String table : TABLES) {
      source.execute("create table " + table + " (id serial primary key, note text)");
    }
    producer =
        TestProducer.builder()
            .source(source.uri())
            .database("shop")
            .slot(source.name())
            .nats(natsExtension.server().uri())
            .inFlight(256)
            .start();
    TABLES.forEach(table -> source.execute("insert into " + table + " (note) values ('first')"));
    producer.awaitCaughtUp(PATIENCE);
    command("create-schemas");
    command("add-tables");
    int port = RunningServer.freePort();
    service =
        configured(ServiceProcess.of("serve", "--prometheus-port", Integer.toString(port)))
            // A young generation that is full soon: one panel shows its collections.
            .jvmOptions("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xms32m", "-Xmn6m")
            .start();
    prometheus = PrometheusServer.scraping(JOB, port, RULES);
    await("every table").until(() -> value("sum(creek_consumer_tables_owned)") == TABLES.size());
    began = Instant.now().getEpochSecond();
    trading = clock.scheduleWithFixedDelay(this::trade, 0, 100, TimeUnit.MILLISECONDS);
  }

  @AfterEach
  void end() {
    if (trading != null) {
      trading.cancel(true);
    }
    clock.shutdownNow();
    for (AutoCloseable one : Stream.of(prometheus, service).filter(c -> c != null).toList()) {
      try {
        one.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
    if (producer != null) {
      producer.dropSlot();
    }
  }

  /** Its picture is {@code docs/images/dashboard.png}. */
  @Test
  void everyPanelAndEveryAlertFindsWhatItAsksFor() throws Exception {
    pass(PAUSE);
    snapshot();
    pass(PAUSE);
    natsExtension.restartable().stop();
    await("that NATS is away").until(() -> value("min(creek_consumer_broker_up)") == 0);
    pass(PAUSE.dividedBy(3));
    natsExtension.restartable().start();
    await("that NATS is back").until(() -> value("min(creek_consumer_broker_up)") == 1);
    await("that all is well").until(() -> streaming() == TABLES.size());
    pass(PAUSE);
    target.execute("alter table copy.customers drop column note");
    await("a failed table").until(() -> alerts("CreekTableFailed").contains("pending"));
    pass(PAUSE);
    JsonNode dashboard = JSON.readTree(Files.readString(DASHBOARD));
    await("an answer for every panel").untilAsserted(() -> assertAnswered(dashboard));
    assertThat(query("rules", "").findValuesAsText("health")).hasSize(9).containsOnly("ok");
    draw(dashboard);
    target.execute("alter table copy.customers add column note text");
    await("that it is healed").until(() -> streaming() == TABLES.size());
    await("the end of the alert").until(() -> alerts("CreekTableFailed").isEmpty());
  }

  /**
   * A snapshot that is seen while it runs, and a table that is tried again: what they would write
   * to is locked until then.
   */
  private void snapshot() throws Exception {
    source.execute(
        "insert into events (note) select 'event ' || n from generate_series(1, 100000) n",
        "analyze events");
    try (Connection other = target.connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("lock table copy.events, copy.payments in share mode");
      target.execute("select _creek_consumer.snapshot('shop.public.events:copy.events', 'upsert')");
      await("a running snapshot")
          .until(() -> value("creek_consumer_snapshot_rows_expected > 0") > 0);
      await("a retry").until(() -> value("sum(creek_consumer_retries_total{class=\"55\"})") > 0);
      other.rollback();
    }
    await("its end").until(() -> value("sum(creek_consumer_snapshots_total)") == 1);
  }

  /** A little more and a little less, in waves. */
  private void trade() {
    double wave = 1 + 0.6 * Math.sin((System.nanoTime() / 1e9) / 8);
    long rows = Math.round(30 * wave);
    try {
      source.execute(
          "insert into orders (note) select 'order ' || n from generate_series(1, " + rows + ") n",
          "insert into payments (note) values ('paid'), ('paid')",
          "update customers set note = 'seen ' || clock_timestamp() where id = 1",
          "update orders set note = 'sent' where id in (select id from orders order by id desc limit "
              + rows / 3
              + ")",
          "delete from orders where id < (select max(id) from orders) - 2000");
    } catch (IllegalStateException e) {
      if (!clock.isShutdown()) {
        throw e;
      }
    }
  }

  private void command(String verb) {
    List<String> arguments =
        Stream.concat(
                Stream.of(verb),
                TABLES.stream().map(name -> "shop.public." + name + ":copy." + name))
            .toList();
    configured(ServiceProcess.of(arguments.toArray(String[]::new))).run(PATIENCE).orThrow();
  }

  private ServiceProcess.Builder configured(ServiceProcess.Builder service) {
    return service
        .environment("NATS_URI", natsExtension.server().uri())
        .environment("DB_URI", target.patientUri());
  }

  /** Time as Prometheus has seen it. */
  private void pass(Duration pause) {
    long until = Instant.now().plus(pause).getEpochSecond();
    await("time").atMost(PATIENCE.plus(pause)).until(() -> value("timestamp(up)") >= until);
  }

  private double streaming() throws Exception {
    return value("sum(creek_consumer_table_state{state=\"streaming\"})");
  }

  /** The first series' value; throws where there is none. */
  private double value(String expression) throws Exception {
    JsonNode series = query("query", "?query=" + encoded(expression)).path("result");
    return series.get(0).path("value").get(1).asDouble();
  }

  private List<String> alerts(String name) throws Exception {
    return Stream.of(JSON.convertValue(query("alerts", "").path("alerts"), JsonNode[].class))
        .filter(alert -> alert.path("labels").path("alertname").asText().equals(name))
        .map(alert -> alert.path("state").asText())
        .toList();
  }

  private void assertAnswered(JsonNode dashboard) throws Exception {
    long now = Instant.now().getEpochSecond();
    for (JsonNode panel : dashboard.path("panels")) {
      for (JsonNode asked : panel.path("targets")) {
        assertThat(answer(asked, now))
            .as("%s: %s", panel.path("title").asText(), asked.path("expr").asText())
            .anyMatch(DashboardIT::hasNumber);
      }
    }
  }

  private static boolean hasNumber(JsonNode series) {
    return Stream.of(JSON.convertValue(series.path("values"), JsonNode[].class))
        .anyMatch(point -> Double.isFinite(point.get(1).asDouble(Double.NaN)));
  }

  /** The series of one query of a panel, since the beginning. */
  private JsonNode answer(JsonNode asked, long now) throws Exception {
    long step = step(now);
    String expression =
        asked
            .path("expr")
            .asText()
            .replace("$job", JOB)
            .replace("$__rate_interval", 4 * PrometheusServer.INTERVAL.toSeconds() + step + "s");
    return query(
            "query_range",
            "?query=%s&start=%d&end=%d&step=%d".formatted(encoded(expression), began, now, step))
        .path("result");
  }

  private long step(long now) {
    return Math.max(1, (now - began) / POINTS);
  }

  private JsonNode query(String what, String parameters) throws Exception {
    URI uri = URI.create(prometheus.uri() + "/api/v1/" + what + parameters);
    String body = client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
    JsonNode answer = JSON.readTree(body);
    assertThat(answer.path("status").asText()).as(body).isEqualTo("success");
    return answer.path("data");
  }

  private static String encoded(String expression) {
    return URLEncoder.encode(expression, UTF_8);
  }

  private void draw(JsonNode dashboard) throws Exception {
    if (Browser.installed().isEmpty()) {
      return;
    }
    long now = Instant.now().getEpochSecond();
    ObjectNode data = JSON.createObjectNode();
    for (JsonNode panel : dashboard.path("panels")) {
      data.set(panel.path("id").asText(), answers(panel, now));
    }
    ObjectNode range = JSON.createObjectNode().put("from", began).put("to", now);
    range.put("step", step(now));
    try (var browser = Browser.start()) {
      browser.looksLike(1600, 1000, true);
      browser.open(DashboardIT.class.getResource("dashboard.html").toString());
      await("the page").until(() -> browser.evaluate("typeof draw").asText().equals("function"));
      int height = browser.evaluate("draw(%s, %s, %s)".formatted(dashboard, data, range)).asInt();
      browser.looksLike(1600, height, true);
      browser.screenshot(PICTURE);
      assertThat(browser.count(".panel") + browser.count(".row"))
          .isEqualTo(dashboard.path("panels").size());
      assertThat(browser.complaints).isEmpty();
    }
  }

  private ArrayNode answers(JsonNode panel, long now) throws Exception {
    ArrayNode all = JSON.createArrayNode();
    for (JsonNode asked : panel.path("targets")) {
      for (JsonNode series : answer(asked, now)) {
        all.add(((ObjectNode) series).put("legend", asked.path("legendFormat").asText()));
      }
    }
    return all;
  }

  private static ConditionFactory await(String what) {
    return Awaitility.await(what).atMost(PATIENCE).ignoreExceptions();
  }
}
