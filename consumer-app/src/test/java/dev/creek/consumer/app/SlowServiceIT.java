package dev.creek.consumer.app;

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
import dev.creek.consumer.testing.TcpProxy;
import dev.creek.consumer.testing.WalTx;
import dev.creek.consumer.testing.WirePublisher;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What is said of a service that is slow, that stands still, that was killed, or has just begun.
 */
final class SlowServiceIT {
  @RegisterExtension private static final PostgresExtension POSTGRES = PostgresExtension.shared();
  @RegisterExtension private static final NatsExtension NATS = NatsExtension.own();

  private static final Pattern PAGE = Pattern.compile("(http://127.0.0.1:\\d+)/metrics");
  private static final List<String> JVM = List.of("-Xmx128m");
  private static final String MAPPING = "slow.public.orders:copy.orders";

  private static final TableWire ORDERS =
      TableWire.of(SourceTable.parse("slow.public.orders"))
          .generation(Generation.NEW)
          .column("id", "int4", Flag.KEY);

  private final Map<String, String> environment = new HashMap<>();
  private PostgresDatabase target;
  private WirePublisher publisher;

  @BeforeEach
  void subscribe() {
    target = POSTGRES.freshDatabase();
    publisher = WirePublisher.of(NATS.server(), Generation.NEW, "slow");
    environment.put("NATS_URI", NATS.server().uri());
    environment.put("DB_URI", target.patientUri());
    environment.put("PROMETHEUS_PORT", "0");
    publisher.publishSchema(ORDERS);
    verb("create-schemas", MAPPING);
    verb("add-tables", MAPPING);
  }

  @AfterEach
  void close() {
    publisher.close();
  }

  private LocalRun verb(String... arguments) {
    LocalRun run = LocalRun.of(environment, arguments);
    assertThat(run.code()).as(run.said()).isZero();
    return run;
  }

  private Jar serve() {
    Jar service = Jar.start(JVM, environment, "serve");
    service.awaitLog("copy.orders is streaming");
    // It is logged first, and stored a moment later.
    awaitUntil(() -> state().equals("streaming"));
    return service;
  }

  private String state() {
    return target.value("select state from _creek_consumer.status");
  }

  private static void awaitUntil(Callable<Boolean> condition) {
    Awaitility.await().atMost(Patience.LIMIT).ignoreExceptions().until(condition);
  }

  @Test
  void oneThatStandsStillIsNotSaidToBeGoneAndDoesWhatIsAskedOnceItGoesOn() throws Exception {
    try (Jar service = serve()) {
      service.signal("STOP");
      awaitUntil(() -> state().equals("unknown"));

      LocalRun status = verb("status");
      assertThat(status.out())
          .contains("is connected, but has sent no heartbeat for", "slow or stopped")
          .containsPattern("copy.orders +slow.public.orders +unknown ")
          .contains("which has the table, has not shown itself for", "it said last: streaming")
          .doesNotContain("No service");
      JsonNode json = new ObjectMapper().readTree(verb("status", "--json").out());
      assertThat(json.get("service").asText()).isEqualTo("late");
      assertThat(json.at("/instances/0/late").asBoolean()).isTrue();
      assertThat(verb("list-tables").out()).contains("unknown", "it said last: streaming");

      var removed = CompletableFuture.supplyAsync(() -> verb("remove-tables", "copy.orders"));
      awaitUntil(() -> log().equals("queued"));
      var added = CompletableFuture.supplyAsync(() -> verb("add-tables", MAPPING));
      awaitUntil(
          () -> target.value("select count(*) from _creek_consumer._notification_log").equals("2"));
      assertThat(verb("status").out())
          .contains("queued (waits behind command 1: REMOVE copy.orders)");
      assertThat(removed).isNotDone();

      service.signal("CONT");
      assertThat(removed.join().out()).contains("copy.orders: removed");
      LocalRun second = added.join();
      assertThat(second.out()).contains("subscribed");
      assertThat(second.err()).contains("command 2 waits behind command 1: REMOVE copy.orders");
      awaitUntil(() -> state().equals("streaming"));
    }
  }

  private String log() {
    return target.value("select status from _creek_consumer._notification_log where id = 1");
  }

  @Test
  void oneThatWasKilledIsSaidToBeGoneWhereverOneLooks() throws Exception {
    try (Jar service = serve()) {
      service.signal("KILL");
      service.exitCode();
      assertThat(target.value("select state from _creek_consumer.subscriptions"))
          .as("what it said last")
          .isEqualTo("streaming");
      assertThat(state()).isNotEqualTo("streaming");
      LocalRun list = verb("list-tables");
      assertThat(list.out()).doesNotContainPattern("yes +streaming");

      LocalRun status = LocalRun.of(environment, "status");
      assertThat(status.code()).as(status.said()).isOne();
      assertThat(status.out())
          .contains("No service is connected to this database")
          .containsPattern("copy.orders +slow.public.orders +waiting ")
          .contains("no service is connected to this database", "showed itself last at 20");
      assertThat(state()).isEqualTo("waiting");
      assertThat(verb("list-tables").out())
          .containsPattern("yes +waiting .*no service is connected");
      assertThat(verb("remove-tables", "copy.orders").out()).contains("removed");
    }
  }

  @Test
  void oneThatHasBegunIsNotReadyBeforeItsTablesHaveBeenTakenUp() throws Exception {
    try (Connection locking = target.connect()) {
      locking.setAutoCommit(false);
      locking
          .createStatement()
          .execute("lock table _creek_consumer.subscriptions in share row exclusive mode");
      try (Jar service = Jar.start(JVM, environment, "serve")) {
        awaitUntil(() -> ready(service).body().contains("\"what\":\"start\""));
        HttpResponse<String> early = ready(service);
        assertThat(early.statusCode()).isEqualTo(503);
        assertThat(early.body())
            .contains("1 of 1 tables have not been taken up since the start: copy.orders");
        locking.rollback();
        awaitUntil(() -> ready(service).statusCode() == 200);
        assertThat(service.err()).contains("copy.orders is streaming");
      }
    }
  }

  private static HttpResponse<String> ready(Jar service) throws Exception {
    Matcher page = PAGE.matcher(service.err());
    assertThat(page.find()).as(service.err()).isTrue();
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(page.group(1) + "/readyz")).build(),
            BodyHandlers.ofString());
  }

  @Test
  void aBrokerThatIsSlowToAnswerIsWaitedForAsLongAsOneSays() {
    publisher.publishSurely(ORDERS.source(), ORDERS.insert(WalTx.of(1), 1));
    try (TcpProxy slow = TcpProxy.to(NATS.server().host(), NATS.server().port())) {
      slow.delay(Duration.ofMillis(400));
      environment.put("NATS_URI", "nats://127.0.0.1:" + slow.port());
      environment.put("CONNECT_TIMEOUT", "20s");
      LocalRun hasty =
          LocalRun.of(
              environment, "list-snapshots", "--answer-timeout=300ms", "slow.public.orders");
      assertThat(hasty.code()).as(hasty.said()).isOne();
      assertThat(hasty.err()).contains("did not answer within 300 ms");
      LocalRun patient = LocalRun.of(environment, "list-snapshots", "slow.public.orders");
      assertThat(patient.code()).as(patient.said()).isZero();
    }
  }
}
