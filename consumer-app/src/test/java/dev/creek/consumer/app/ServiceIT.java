package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.creek.consumer.api.Generation;
import dev.creek.consumer.api.SourceTable;
import dev.creek.consumer.app.cli.Cli;
import dev.creek.consumer.app.cli.CliContext;
import dev.creek.consumer.app.cli.Terminal;
import dev.creek.consumer.app.http.LogCounts;
import dev.creek.consumer.testing.Interrupts;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TableWire;
import dev.creek.consumer.testing.TableWire.Flag;
import dev.creek.consumer.testing.WalTx;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The packaged jar, used as a user would, against real servers. */
final class ServiceIT {
  @RegisterExtension private static final PostgresExtension POSTGRES = PostgresExtension.shared();

  @RegisterExtension private final NatsExtension natsExtension = NatsExtension.own();

  private static final String SOURCE = "shop.public.orders";
  private static final String TARGET = "copy.orders";
  private static final String MAPPING = SOURCE + ":" + TARGET;
  private static final Duration PATIENCE = Patience.LIMIT;

  private final TableWire orders =
      TableWire.of(SourceTable.parse(SOURCE))
          .generation(Generation.NEW)
          .column("id", "int4", Flag.KEY)
          .column("note", "text");
  private final Map<String, String> environment = new HashMap<>();
  private PostgresDatabase target;
  private NatsServer nats;
  private Producer producer;

  @BeforeEach
  void connect(PostgresDatabase database, NatsServer server) throws Exception {
    target = database;
    nats = server;
    producer = Producer.of(nats, "shop");
    producer.publishSchema(orders);
    environment.put("NATS_URI", nats.uri());
    environment.put("DB_URI", target.patientUri());
    environment.put("PROMETHEUS_PORT", "off");
  }

  @AfterEach
  void disconnect() throws Exception {
    producer.close();
  }

  @Test
  void createsAddsListsAndRemovesTables() throws Exception {
    assertThat(succeed("create-schemas", MAPPING)).isEqualToIgnoringNewLines(MAPPING + ": created");
    assertThat(succeed("create-schemas", MAPPING)).contains("exists already and fits");
    assertThat(succeed("add-tables", MAPPING)).contains(MAPPING + ": subscribed");
    assertThat(succeed("list-tables").lines().toList().get(1))
        .matches("shop\\.public\\.orders +copy\\.orders +yes +waiting .*");
    assertThat(succeed("remove-table", TARGET)).contains(TARGET + ": removed");
    JsonNode tables = new ObjectMapper().readTree(succeed("list-tables", "--json"));
    assertThat(tables).hasSize(1);
    assertThat(tables.get(0).get("active").booleanValue()).isFalse();
    assertThat(target.query("select id, note from copy.orders")).isEmpty();
  }

  @Test
  void failsForTheTablesThatItCannotHandleAndHandlesTheOthers() {
    try (Jar jar =
        Jar.run(environment, "create-schemas", "shop.public.nothing:copy.nothing", MAPPING)) {
      assertThat(jar.exitCode()).isEqualTo(1);
      assertThat(jar.out()).isEqualToIgnoringNewLines(MAPPING + ": created");
      assertThat(jar.err()).contains("shop.public.nothing:copy.nothing: ");
    }
  }

  @Test
  void appliesRowsUntilSigtermAndGoesOnFromThere() throws Exception {
    subscribe();
    publish(1, 3);
    try (Jar service = serve()) {
      awaitRows(3);
      publish(4, 4);
      awaitRows(4);
      service.signal("TERM");
      assertThat(service.exitCode()).describedAs(service.toString()).isZero();
      assertThat(service.err()).contains("SIGTERM").contains("Stopped").doesNotContain("WARN");
      assertThat(service.out()).isEmpty();
    }
    publish(5, 6);
    try (Jar service = serve()) {
      awaitRows(6);
      service.signal(Interrupts.areIgnored() ? "TERM" : "INT");
      assertThat(service.exitCode()).describedAs(service.toString()).isZero();
    }
    JsonNode table = new ObjectMapper().readTree(succeed("list-tables", "--json")).get(0);
    assertThat(table.get("sequence").longValue()).isEqualTo(6);
    assertThat(table.get("rows_applied").longValue()).isEqualTo(6);
  }

  @Test
  void aNatsPasswordThatIsRefusedEndsItAndIsNotTold() throws Exception {
    try (NatsServer strict =
        NatsServer.builder().option("authorization { user: me, password: right }").start()) {
      environment.put("NATS_URI", strict.uri().replace("://", "://me:geheim@"));
      try (Jar service = serve()) {
        assertThat(service.exitCode()).describedAs(service.toString()).isEqualTo(1);
        assertThat(service.err())
            .contains("Stopped: cannot connect to NATS at")
            .containsIgnoringCase("authorization violation")
            .doesNotContain("geheim");
      }
      environment.put("NATS_URI", strict.uri().replace("://", "://me:right@"));
      try (Jar service = serve()) {
        await().atMost(PATIENCE).until(() -> service.err().contains("connected to NATS at"));
        service.signal("TERM");
        assertThat(service.exitCode()).describedAs(service.toString()).isZero();
      }
    }
  }

  @Test
  void aRunningServiceHearsOfTablesAddedAndRemoved() throws Exception {
    subscribe();
    succeed("remove-tables", TARGET);
    publish(1, 1);
    try (Jar service = serve()) {
      await()
          .atMost(PATIENCE)
          .failFast("it ended", () -> !service.isRunning())
          .until(() -> !target.query("select from _creek_consumer.instances").isEmpty());
      subscribe();
      awaitRows(1);
      service.awaitLog(MAPPING + " is streaming");
      succeed("remove-tables", TARGET);
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  target
                      .value("select state from _creek_consumer.subscriptions")
                      .equals("inactive"));
      assertThat(
              target.query(
                  "select command, status from _creek_consumer._notification_log order by id"))
          .as("asked of the service, in order")
          .containsExactly(
              List.of("CREATE " + MAPPING, "ok"),
              List.of("ADD " + MAPPING, "ok"),
              List.of("REMOVE " + TARGET, "ok"));
      publish(2, 2);
      subscribe();
      awaitRows(2);
    }
  }

  @Test
  void waitsForABrokerThatIsAwayAndStopsEvenThen() throws Exception {
    subscribe();
    publish(1, 1);
    nats.stop();
    try (Jar service = serve()) {
      service.awaitLog("Waiting for NATS");
      nats.start();
      awaitRows(1);
    }
    nats.stop();
    try (Jar service = serve()) {
      service.awaitLog("Waiting for NATS");
      service.signal("TERM");
      assertThat(service.exitCode()).describedAs(service.toString()).isZero();
    }
  }

  @Test
  void waitsForServersWhoseNamesAreNotKnownYet(@TempDir Path folder) throws Exception {
    subscribe();
    publish(1, 1);
    Path names = folder.resolve("hosts");
    Path security = folder.resolve("security");
    Files.writeString(security, "networkaddress.cache.negative.ttl=0\n");
    Files.writeString(names, "127.0.0.1 localhost\n");
    environment.put("NATS_URI", "nats://broker.creek:" + nats.port());
    environment.put("DB_URI", target.patientUri().replaceFirst("@[^:/]+", "@target.creek"));
    try (Jar service =
        Jar.start(
            List.of("-Djdk.net.hosts.file=" + names, "-Djava.security.properties=" + security),
            environment,
            "serve")) {
      service.awaitLog("the host's name cannot be resolved");
      Files.writeString(names, "127.0.0.1 localhost target.creek\n");
      service.awaitLog("Waiting for NATS");
      Files.writeString(names, "127.0.0.1 localhost target.creek broker.creek\n");
      awaitRows(1);
    }
  }

  @Test
  void runsWithNoMorePrivilegesThanInitAndCheckPrint() throws Exception {
    String role = "lean_" + Long.toHexString(System.nanoTime());
    target.execute("create role " + role + " login password 'geheim'");
    target.execute(LocalRun.of(environment, "init", "--print-sql", "--role", role).out());
    subscribe();
    publish(1, 2);
    URI uri = URI.create(target.uri());
    environment.put(
        "DB_URI",
        "postgres://%s@%s:%d%s?connect_timeout=60"
            .formatted(role, uri.getHost(), uri.getPort(), uri.getPath()));
    environment.put("DB_PASSWORD", "geheim");
    try {
      String found = LocalRun.of(environment, "check").out();
      Pattern.compile("-> (GRANT [^;]*;)(?m)$")
          .matcher(found)
          .results()
          .forEach(grant -> target.execute(grant.group(1)));
      LocalRun check = LocalRun.of(environment, "check");
      assertThat(check.code()).describedAs(check.said()).isZero();
      try (Jar service = serve()) {
        awaitRows(2);
        LocalRun status = LocalRun.of(environment, "status");
        assertThat(status.code()).describedAs(status.said()).isZero();
        assertThat(status.out())
            .contains("serves")
            .containsPattern("copy.orders +shop.public.orders +streaming +0 +0 +2");
        service.signal("TERM");
        assertThat(service.exitCode()).describedAs(service.toString()).isZero();
        assertThat(service.err()).doesNotContain("geheim");
      }
      assertThat(LocalRun.of(environment, "status").out()).contains("No service is connected");
    } finally {
      target.execute("drop owned by " + role + "; drop role " + role);
    }
  }

  @Test
  void endsWhereThePasswordIsRefused() throws Exception {
    String uri = target.uri().replaceFirst("(://[^:]+:)[^@]*@", "$1geheim@");
    environment.put("DB_URI", uri);
    try (Jar service = serve()) {
      assertThat(service.exitCode()).describedAs(service.toString()).isEqualTo(1);
      assertThat(service.err()).contains("ERROR Stopped: ").doesNotContain("geheim");
    }
    environment.put("LOG_FORMAT", "json");
    try (Jar service = serve()) {
      assertThat(service.exitCode()).describedAs(service.toString()).isEqualTo(1);
      JsonNode last = null;
      for (String line : service.err().lines().toList()) {
        last = new ObjectMapper().readTree(line);
      }
      assertThat(last.get("level").textValue()).isEqualTo("ERROR");
      assertThat(last.get("message").textValue()).startsWith("Stopped: ");
      assertThat(service.err()).doesNotContain("geheim");
    }
  }

  @Test
  void aSecondSignalEndsItAtOnce() throws Exception {
    subscribe();
    try (Jar service = serve();
        Connection blocker = target.connect()) {
      publish(1, 1);
      awaitRows(1);
      blocker.setAutoCommit(false);
      blocker.createStatement().execute("lock table copy.orders in exclusive mode");
      publish(2, 2);
      await()
          .atMost(PATIENCE)
          .until(() -> !target.query("select from pg_locks where not granted").isEmpty());
      service.signal("TERM");
      service.awaitLog("SIGTERM");
      service.signal("TERM");
      assertThat(service.exitCode()).isEqualTo(128 + 15);
    }
  }

  @Test
  void showsMetricsInFortyEightMegabytes() throws Exception {
    subscribe();
    int rows = 20_000;
    producer.publishAll(
        orders.source(),
        LongStream.rangeClosed(1, rows)
            .mapToObj(i -> orders.insert(WalTx.of(i / 100), (int) i, "x".repeat(100))));
    environment.remove("PROMETHEUS_PORT");
    try (Jar service =
        Jar.start(List.of("-Xmx48m"), environment, "serve", "--prometheus-port", "0")) {
      awaitRows(rows);
      service.awaitLog("Metrics are at http://");
      String at = service.err().replaceAll("(?s).*Metrics are at (http://\\S+).*", "$1");
      String inserts =
          "creek_consumer_pg_inserts{creek_pg_source=\"public.orders\",creek_pg_target=\"copy.orders\",creek_stream_type=\"wal\"} "
              + (double) rows;
      // Counted when the commit has been answered: others may see the rows before.
      await().atMost(PATIENCE).until(() -> get(at).contains(inserts));
      assertThat(get(at)).contains("log_messages_total{level=\"info\"}");
      assertThat(service.err().lines())
          .allMatch(line -> line.matches("\\d{4}-\\d\\d-\\d\\dT\\S+ (INFO|WARN) .*"));
    }
  }

  /** In this JVM, because another one would take longer than the rest of a test. */
  private void subscribe() {
    var said = new StringWriter();
    var terminal = new Terminal(new PrintWriter(said), new PrintWriter(said), false, false);
    for (String verb : List.of("create-schemas", "add-tables")) {
      var around =
          new CliContext(
              environment,
              terminal,
              logging -> {},
              new LogCounts(),
              first -> {},
              FacadeConsumer::create);
      assertThat(new Cli(around).run(verb, MAPPING)).describedAs(said.toString()).isZero();
    }
  }

  private Jar serve() {
    return Jar.start(List.of(), environment, "serve");
  }

  private String succeed(String... arguments) {
    try (Jar jar = Jar.run(environment, arguments)) {
      assertThat(jar.exitCode()).describedAs(jar.toString()).isZero();
      return jar.out();
    }
  }

  private void publish(int from, int to) throws Exception {
    for (int id = from; id <= to; id++) {
      producer.publish(orders.source(), orders.insert(WalTx.of(id), id, "note " + id));
    }
  }

  private void awaitRows(int count) {
    await()
        .atMost(PATIENCE)
        .until(
            () -> target.value("select count(*) from copy.orders").equals(Integer.toString(count)));
  }

  private static String get(String uri) throws Exception {
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(URI.create(uri)).build(), BodyHandlers.ofString())
        .body();
  }
}
