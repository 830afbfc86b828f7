package dev.creek.consumer.app;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.WalTx;
import io.nats.client.Connection;
import io.nats.client.Nats;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What the packaged service tells of itself over HTTP, under load and in each state of trouble, and
 * that it tells when it is over.
 */
final class SeenIT {
  @RegisterExtension private static final PostgresExtension POSTGRES = PostgresExtension.own();
  @RegisterExtension private static final NatsExtension NATS = NatsExtension.own();

  private static final Duration PATIENCE = Patience.LIMIT;
  private static final String SECRET = "geheim";

  /** Never ends, is never read, is no HTTP, is too long. */
  private static final List<String> HOSTILE =
      List.of(
          "GET /metrics HTTP/1.1\r\nX-Slow: ",
          "GET /api/events HTTP/1.1\r\nHost: a\r\n\r\n",
          "\u0016\u0003\u0001\u0000\r\n\r\n",
          "GET /" + "x".repeat(100_000) + " HTTP/1.1\r\n\r\n",
          "POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n");

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, String> ENVIRONMENT = new HashMap<>();

  private static PostgresDatabase target;
  private static Producer producer;
  private static Jar service;
  private static int port;

  private final HttpClient client = HttpClient.newHttpClient();

  @BeforeAll
  static void serve() throws Exception {
    target = POSTGRES.freshDatabase();
    producer = Producer.of(NATS.server(), "shop");
    try (var socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    target.execute("create role seen superuser login password '" + SECRET + "'");
    String login = "$1seen:" + SECRET + "@";
    ENVIRONMENT.put(
        "DB_URI", target.uri().replaceFirst("(://)[^@]*@", login) + "?connect_timeout=60");
    // A server that asks for no password takes any.
    ENVIRONMENT.put("NATS_URI", NATS.server().uri().replaceFirst("(://)", login));
    ENVIRONMENT.put("PROMETHEUS_PORT", Integer.toString(port));
    ENVIRONMENT.put("LOG_FORMAT", "json");
    service = Jar.start(List.of("-Xmx64m"), ENVIRONMENT, "serve");
    service.awaitLog("Metrics are at");
  }

  @AfterEach
  void nobodyLearnsASecret() throws Exception {
    assertThat(service.out() + service.err()).doesNotContain(SECRET);
    assertThat(service.commandLine()).contains("serve").doesNotContain(SECRET);
    for (String path : List.of("/metrics", "/api/status", "/readyz", "/livez", "/")) {
      // One that turns away whom it cannot serve yet may be asked again.
      await().until(() -> !get(path).body().isEmpty());
      assertThat(get(path).body()).doesNotContain(SECRET);
    }
    for (List<String> table :
        target.query("select tablename from pg_tables where schemaname = '_creek_consumer'")) {
      String rows = "select t::text from _creek_consumer.\"" + table.get(0) + "\" t";
      assertThat(target.query(rows).toString()).as(rows).doesNotContain(SECRET);
    }
    assertThat(target.query("select query, application_name from pg_stat_activity").toString())
        .doesNotContain(SECRET);
  }

  /** But for the summary of the minute, which is about all of them. */
  @AfterEach
  void everyLineAboutATableSaysWhichInAField() throws Exception {
    String log = service.err();
    // The last line may not be whole yet.
    for (String line : log.substring(0, log.lastIndexOf('\n') + 1).lines().toList()) {
      JsonNode fields = JSON.readTree(line);
      String message = fields.get("message").asText();
      if (message.contains("copy.") && !fields.get("logger").asText().endsWith("MinuteSummary")) {
        assertThat(fields.path("table").asText()).as(line).startsWith("copy.");
      }
      if (fields.has("state")) {
        assertThat(fields.has("sequence") && fields.has("lsn")).as(line).isTrue();
      }
    }
  }

  @AfterAll
  static void end() throws Exception {
    service.close();
    producer.close();
  }

  @Test
  void tellsWhatIsAppliedUnderLoadAndForgetsATableThatIsRemoved() throws Exception {
    TableWire table = subscribed("load");
    int rows = 5000;
    publish(table, 1, rows);
    String applied =
        "creek_consumer_applied_changes_total{operation=\"insert\",target=\"copy.load\"} ";
    await().until(() -> metrics().contains(applied + (double) rows + "\n"));
    await().until(() -> metrics().contains("creek_consumer_lag_seconds{target=\"copy.load\"} 0.0"));
    assertThat(metrics())
        .contains("creek_consumer_pending_messages{target=\"copy.load\"} 0.0")
        .contains("creek_consumer_table_state{state=\"streaming\",target=\"copy.load\"} 1.0")
        .contains("creek_consumer_database_up 1.0", "creek_consumer_broker_up 1.0")
        .contains("creek_consumer_batch_duration_seconds_count")
        .contains("creek_pg_target=\"copy.load\",creek_stream_type=\"wal\"} " + (double) rows);
    await().until(() -> get("/readyz").statusCode() == 200);
    assertThat(get("/livez").statusCode()).isEqualTo(200);
    assertThat(get("/").body()).contains("<title>creek-consumer</title>");
    assertThat(status().get("instances")).hasSize(1);
    run("remove-tables", "copy.load");
    await().until(() -> !metrics().contains("copy.load"));
    await().until(() -> table("copy.load").path("state").asText().equals("inactive"));
  }

  @Test
  void saysWhyATableFailedAndThatItIsWellAgain() throws Exception {
    TableWire table = subscribed("broken");
    target.execute("alter table copy.broken drop column note");
    publish(table, 1, 3);
    await().until(() -> get("/readyz").statusCode() == 503);
    assertThat(get("/readyz").body())
        .contains("\"table\":\"copy.broken\"", "\"state\":\"failed\"", "ADD COLUMN");
    JsonNode shown = table("copy.broken");
    assertThat(shown.get("hint").asText()).contains("ALTER TABLE");
    await().until(() -> table("copy.broken").get("lag").asDouble() > 0);
    await().until(() -> table("copy.broken").get("pending").asInt() == 3);
    assertThat(metrics())
        .contains("creek_consumer_table_state{state=\"failed\",target=\"copy.broken\"} 1.0")
        .containsPattern("creek_consumer_failed_changes_total\\{target=\"copy.broken\"\\} [1-9]");
    target.execute("alter table copy.broken add column note text");
    await().until(() -> get("/readyz").statusCode() == 200);
    await().until(() -> table("copy.broken").get("lag").asDouble() == 0);
    service.awaitLog("copy.broken is failed").awaitLog("copy.broken is streaming");
    run("remove-tables", "copy.broken");
  }

  @Test
  void tellsOfAGap() throws Exception {
    TableWire table = subscribed("holed");
    publish(table, 1, 1);
    await().until(() -> rows("holed") == 1);
    run("remove-tables", "copy.holed");
    await().until(() -> table("copy.holed").path("state").asText().equals("inactive"));
    publish(table, 2, 3);
    try (Connection connection = Nats.connect(NATS.server().uri())) {
      connection.jetStreamManagement().purgeStream("CREEK_wal_shop");
    }
    run("add-tables", "shop.public.holed:copy.holed");
    await().until(() -> get("/readyz").body().contains("\"state\":\"gap\""));
    assertThat(metrics())
        .containsPattern("creek_consumer_gaps_total\\{target=\"copy.holed\"\\} [1-9]");
    assertThat(table("copy.holed").get("hint").asText()).contains("snapshot");
    run("remove-tables", "copy.holed");
    await().until(() -> get("/readyz").statusCode() == 200);
  }

  @Test
  void tellsWhichServerIsAwayAndThatItIsBack() throws Exception {
    TableWire table = subscribed("patient");
    publish(table, 1, 1);
    await().until(() -> rows("patient") == 1);
    NATS.server().stop();
    await().until(() -> get("/readyz").body().contains("\"what\":\"broker\""));
    await().until(() -> metrics().contains("creek_consumer_broker_up 0.0"));
    await().until(() -> table("copy.patient").get("state").asText().equals("waiting"));
    await().until(() -> table("copy.patient").get("lag").asDouble() > 0);
    assertThat(table("copy.patient").get("lag_is").asText()).isEqualTo("at most");
    assertThat(table("copy.patient").has("pending")).as("nobody knows").isFalse();
    assertThat(metrics())
        .contains("creek_consumer_backlog_known{target=\"copy.patient\"} 0.0\n")
        .doesNotContain("creek_consumer_pending_messages{target=\"copy.patient\"}");
    LocalRun status = LocalRun.of(ENVIRONMENT, "status", "--json");
    assertThat(JSON.readTree(status.out()).get("lag_unknown").asText()).contains("NATS");
    NATS.server().start();
    await().until(() -> get("/readyz").statusCode() == 200);
    await().until(() -> table("copy.patient").get("state").asText().equals("streaming"));

    POSTGRES.restartable().stop();
    await().until(() -> get("/readyz").body().contains("\"what\":\"database\""));
    assertThat(get("/livez").statusCode()).as("a restart would not help").isEqualTo(200);
    await().until(() -> metrics().contains("creek_consumer_database_up 0.0"));
    POSTGRES.restartable().start();
    await().until(() -> get("/readyz").statusCode() == 200);
    run("remove-tables", "copy.patient");
  }

  @Test
  void hostileClientsHarmNobody() throws Exception {
    TableWire table = subscribed("calm");
    var sockets = new ArrayList<Socket>();
    for (int i = 0; i < 300; i++) {
      var socket = new Socket(InetAddress.getLoopbackAddress(), port);
      sockets.add(socket);
      try {
        socket.getOutputStream().write(HOSTILE.get(i % HOSTILE.size()).getBytes(US_ASCII));
      } catch (IOException e) {
        // Turned away before it had said all: so much the better.
      }
    }
    publish(table, 1, 10);
    await().until(() -> rows("calm") == 10);
    await().ignoreExceptions().until(() -> get("/livez").statusCode() == 200);
    for (Socket socket : sockets) {
      socket.close();
    }
    run("remove-tables", "copy.calm");
  }

  private TableWire subscribed(String name) throws Exception {
    TableWire table =
        TableWire.of(SourceTable.parse("shop.public." + name))
            .generation(Generation.NEW)
            .column("id", "int4", Flag.KEY)
            .column("note", "text");
    producer.publishSchema(table);
    target.execute(
        "create schema if not exists copy",
        "create table copy." + name + " (id int primary key, note text)");
    run("add-tables", "shop.public." + name + ":copy." + name);
    await().until(() -> table("copy." + name).path("state").asText().equals("streaming"));
    return table;
  }

  private static void publish(TableWire table, int from, int to) throws Exception {
    producer.publishAll(
        table.source(),
        LongStream.rangeClosed(from, to)
            .mapToObj(
                id -> {
                  WalTx tx = WalTx.of(id);
                  return table.insert(
                      new WalTx(tx.id(), Instant.now(), tx.lsn()), (int) id, "note");
                }));
  }

  private static void run(String... arguments) {
    LocalRun run = LocalRun.of(ENVIRONMENT, arguments);
    assertThat(run.code()).as(run.said()).isZero();
  }

  private static long rows(String table) {
    return Long.parseLong(target.value("select count(*) from copy." + table));
  }

  private String metrics() throws Exception {
    return get("/metrics").body();
  }

  private JsonNode status() throws Exception {
    return JSON.readTree(get("/api/status").body());
  }

  /** Of the status; missing where there is none of this name. */
  private JsonNode table(String name) throws Exception {
    for (JsonNode table : status().get("tables")) {
      if (table.get("target").asText().equals(name)) {
        return table;
      }
    }
    return JSON.missingNode();
  }

  private HttpResponse<String> get(String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + port + path);
    return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
  }

  /** While a server is away, an answer may be, too. */
  private static ConditionFactory await() {
    return Awaitility.await().atMost(PATIENCE).ignoreExceptions();
  }
}
