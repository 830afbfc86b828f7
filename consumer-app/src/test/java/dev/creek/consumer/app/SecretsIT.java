package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import dev.creek.consumer.app.testing.ServiceProcess;
import dev.creek.consumer.testing.FuzzedSecret;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** With real servers: no part of a secret is in anything that leaves the program. */
final class SecretsIT {
  @RegisterExtension private static final PostgresExtension POSTGRES = PostgresExtension.shared();

  private static final String MAPPING = "shop.public.orders:copy.orders";
  private static final Duration PATIENCE = Patience.LIMIT;
  private static final Pattern PAGE = Pattern.compile("http://127\\.0\\.0\\.1:[0-9]+");

  /** Everything that anybody logs, libraries as --log-level trace lets them. */
  private static final class Log extends AppenderBase<ILoggingEvent> implements AutoCloseable {
    private final ConcurrentLinkedQueue<String> lines = new ConcurrentLinkedQueue<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
    private final Level before = root.getLevel();

    Log() {
      root.setLevel(Level.DEBUG);
      start();
      root.addAppender(this);
    }

    @Override
    protected void append(ILoggingEvent event) {
      lines.add(event.getFormattedMessage() + event.getKeyValuePairs());
      if (event.getThrowableProxy() != null) {
        lines.add(ThrowableProxyUtil.asString(event.getThrowableProxy()));
      }
    }

    @Override
    public void close() {
      root.detachAppender(this);
      root.setLevel(before);
    }
  }

  static Stream<FuzzedSecret> secrets() {
    return FuzzedSecret.few(17, 5);
  }

  /** The NATS client waits for a refused login as long as for an attempt to connect. */
  private static void refusedSoon(Map<String, String> environment) {
    environment.put("CONNECT_TIMEOUT", "1s");
  }

  @ParameterizedTest
  @MethodSource("secrets")
  void verbsAndLogsTellNoneWhetherTheServersTakeThemOrNot(
      FuzzedSecret secret, PostgresDatabase target) {
    try (var nats = natsWith(secret);
        var log = new Log()) {
      String right = nats.uri().replace("://", "://me:" + secret.encoded() + "@");
      String asToken = nats.uri().replace("://", "://" + secret.encoded() + "@");
      String dead = "nats://me:" + secret.encoded() + "@127.0.0.1:1";
      String several = right + "," + dead.replace("me:", "you:") + ",nats://127.0.0.1:1";
      for (String broker : List.of(right, asToken, dead, several)) {
        var environment = new HashMap<String, String>();
        environment.put("NATS_URI", broker);
        environment.put("DB_URI", target.patientUri());
        environment.put("PGPASSWORD", secret.text());
        boolean works = broker.equals(right) || broker.equals(several);
        if (!works) {
          refusedSoon(environment);
        }
        LocalRun run = LocalRun.of(environment, "check", MAPPING);
        secret.assertNotIn(run.said());
        if (works) {
          assertThat(run.said()).contains("nats-server");
        } else {
          assertThat(run.said()).contains("cannot connect to NATS at nats://127.0.0.1:");
        }
      }
      log.lines.forEach(secret::assertNotIn);
      assertThat(log.lines).isNotEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("secrets")
  void loginsApartFromTheUriAreToldByNone(
      FuzzedSecret secret, PostgresDatabase target, @TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("secret"), secret.text());
    try (var nats = natsWith(secret);
        var log = new Log()) {
      for (Map<String, String> login :
          List.of(
              Map.of("NATS_USER", "me", "NATS_PASSWORD", secret.text()),
              Map.of("NATS_USER", "me", "NATS_PASSWORD_FILE", file.toString()),
              Map.of("NATS_USER", "you", "NATS_PASSWORD", secret.text()),
              Map.of("NATS_TOKEN", secret.text()),
              Map.of("NATS_CREDS", file.toString()))) {
        var environment = new HashMap<>(login);
        environment.put("NATS_URI", nats.uri());
        environment.put("DB_URI", target.patientUri());
        boolean works = "me".equals(login.get("NATS_USER"));
        if (!works) {
          refusedSoon(environment);
        }
        LocalRun run = LocalRun.of(environment, "check", MAPPING);
        secret.assertNotIn(run.said());
        assertThat(run.said()).contains(works ? "nats-server" : "cannot connect");
      }
      log.lines.forEach(secret::assertNotIn);
    }
  }

  @Test
  void theServiceTellsNoneInItsPageMetricsStatusLogAndTables(PostgresDatabase target)
      throws Exception {
    FuzzedSecret secret = FuzzedSecret.few(18, 1).findFirst().orElseThrow();
    try (var nats = natsWith(secret)) {
      target.execute("create schema copy", "create table copy.orders (id int primary key)");
      LocalRun.of(Map.of("DB_URI", target.patientUri()), "add-tables", MAPPING);
      for (String password : List.of(secret.encoded(), secret.encoded() + "x")) {
        try (var service =
            ServiceProcess.of("serve", "--prometheus-port", "0", "--log-level", "trace")
                // No line is left out: neither one with a secret nor the page's address.
                .environment("LOG_RATE", "0")
                .environment("NATS_URI", nats.uri().replace("://", "://me:" + password + "@"))
                .environment("DB_URI", target.patientUri())
                .environment("PGPASSWORD", secret.text())
                .start()) {
          service.awaitLog(PAGE, PATIENCE);
          Matcher page = PAGE.matcher(service.log());
          assertThat(page.find()).isTrue();
          await()
              .atMost(PATIENCE)
              .until(() -> get(page.group() + "/api/status").contains("orders"));
          for (String path : List.of("/", "/api/status", "/metrics", "/livez", "/readyz")) {
            secret.assertNotIn(get(page.group() + path));
          }
          service.terminate(PATIENCE);
          secret.assertNotIn(service.log());
        }
      }
      for (List<String> row : target.query(everything())) {
        secret.assertNotIn(String.valueOf(row));
      }
    }
  }

  private static String everything() {
    return """
        select t::text from _creek_consumer.subscriptions t
        union all select t::text from _creek_consumer.instances t
        union all select t::text from _creek_consumer._notification_log t
        """;
  }

  private static NatsServer natsWith(FuzzedSecret secret) {
    String quoted = secret.text().replace("\\", "\\\\").replace("\"", "\\\"");
    return NatsServer.builder()
        .option("authorization { user: me, password: \"" + quoted + "\" }")
        .start();
  }

  private static String get(String uri) throws Exception {
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(URI.create(uri)).build(), BodyHandlers.ofString())
        .body();
  }
}
