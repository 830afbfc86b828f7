package dev.creek.consumer.app;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.sun.net.httpserver.HttpServer;
import dev.creek.consumer.testing.NatsExtension;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.Patience;
import dev.creek.consumer.testing.PostgresDatabase;
import dev.creek.consumer.testing.PostgresExtension;
import dev.creek.consumer.testing.TcpProxy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/**
 * What a person reads wherever one may look – verbs, the service's log, its page and its probes –
 * of a server that is not there, or not the one that it is taken for: who cannot be reached, and
 * why, in words that are no library's.
 */
final class PlainWordsIT {
  @RegisterExtension private static final PostgresExtension POSTGRES = PostgresExtension.own();

  @RegisterExtension
  private static final NatsExtension NATS =
      NatsExtension.own(NatsServer.builder().option("authorization { user: me, password: right }"));

  private static final String MAPPING = "shop.public.orders:copy.orders";
  private static final String SOURCE = "shop.public.orders";

  private static PostgresDatabase target;
  private static TcpProxy toTarget;
  private static TcpProxy toNats;
  private static HttpServer web;
  private static int nothing;

  /** What may be wrong with an address; the others of a place are in {@link OutageLogIT}. */
  private enum Trouble {
    NOBODY_LISTENS,
    CUT,
    SILENT,
    UNKNOWN_NAME,
    SPEAKS_HTTP,
    NO_TLS,
    LOGIN;

    String database() {
      String database = "/" + target.name();
      return switch (this) {
        case NOBODY_LISTENS -> "postgres://me@127.0.0.1:" + nothing + database;
        case CUT, SILENT -> "postgres://me@127.0.0.1:" + toTarget.port() + database;
        case UNKNOWN_NAME -> "postgres://me@nowhere.invalid:5432" + database;
        case SPEAKS_HTTP -> "postgres://me@127.0.0.1:" + web.getAddress().getPort() + database;
        case NO_TLS -> target.uri() + "?sslmode=require";
        case LOGIN -> target.uri().replaceFirst("://[^@]*@", "://plain_words:no@");
      };
    }

    String broker() {
      return switch (this) {
        case NOBODY_LISTENS -> "nats://127.0.0.1:" + nothing;
        case CUT, SILENT -> "nats://127.0.0.1:" + toNats.port();
        case UNKNOWN_NAME -> "nats://nowhere.invalid:4222";
        case SPEAKS_HTTP -> "nats://127.0.0.1:" + web.getAddress().getPort();
        case NO_TLS -> right().replace("nats://", "tls://");
        case LOGIN -> "nats://me:wrong@127.0.0.1:" + NATS.server().port();
      };
    }
  }

  private static String right() {
    return "nats://me:right@127.0.0.1:" + NATS.server().port();
  }

  @BeforeAll
  static void begin() throws IOException {
    target = POSTGRES.freshDatabase();
    target.execute("create role plain_words");
    toTarget = TcpProxy.to(target.server().host(), target.server().port());
    toNats = TcpProxy.to("127.0.0.1", NATS.server().port());
    web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    web.start();
    nothing = freePort();
    LocalRun init = LocalRun.of(Map.of("DB_URI", target.patientUri()), "init");
    assertThat(init.code()).as(init.said()).isZero();
  }

  @AfterAll
  static void end() {
    web.stop(0);
    toTarget.close();
    toNats.close();
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Who is silent is waited for; all others answer, however slow the machine is. */
  private static Map<String, String> environment(Trouble trouble, String broker, String database) {
    boolean silent = trouble == Trouble.SILENT || trouble == Trouble.SPEAKS_HTTP;
    var environment = new HashMap<String, String>();
    environment.put("NATS_URI", broker);
    environment.put("DB_URI", database);
    if (silent) {
      environment.put("CONNECT_TIMEOUT", "1s");
      environment.put("ANSWER_TIMEOUT", "1s");
    }
    if (trouble == Trouble.LOGIN && broker.equals(trouble.broker())) {
      // The NATS client waits for a refused login as long as for an attempt to connect.
      environment.put("CONNECT_TIMEOUT", "1s");
    }
    environment.put("PROMETHEUS_PORT", "off");
    return environment;
  }

  private static void begin(Trouble trouble) {
    toTarget.heal();
    toNats.heal();
    if (trouble == Trouble.CUT) {
      toTarget.cut();
      toNats.cut();
    } else if (trouble == Trouble.SILENT) {
      toTarget.silence();
      toNats.silence();
    }
  }

  private static void assertPlain(Trouble trouble, String where, String said) {
    String ofJson = said.replaceAll("\" ?: ?null", "\":-");
    assertThat(LibraryWords.in(ofJson)).as("%s, %s: %s", trouble, where, said).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void verbsSayWhyTheTargetCannotBeReached(Trouble trouble) {
    begin(trouble);
    Map<String, String> environment = environment(trouble, right(), trouble.database());
    for (String verb :
        List.of("list-tables", "status --json", "check", "create-schemas " + MAPPING)) {
      LocalRun run = LocalRun.of(environment, verb.split(" "));
      assertThat(run.code()).as(run.said()).isOne();
      assertThat(run.said()).containsAnyOf("127.0.0.1:", "nowhere.invalid:");
      assertPlain(trouble, verb, run.said());
    }
  }

  @ParameterizedTest
  @EnumSource
  void verbsSayWhyTheSourceCannotBeReached(Trouble trouble) {
    begin(trouble);
    Map<String, String> environment = environment(trouble, right(), target.patientUri());
    for (String verb : List.of("check " + MAPPING, "verify " + MAPPING)) {
      LocalRun run =
          LocalRun.of(environment, (verb + " --source-uri " + trouble.database()).split(" "));
      assertThat(run.code()).as(run.said()).isOne();
      assertPlain(trouble, verb, run.said());
    }
  }

  @ParameterizedTest
  @EnumSource
  void verbsSayWhyTheBrokerCannotBeReached(Trouble trouble) {
    begin(trouble);
    Map<String, String> environment = environment(trouble, trouble.broker(), target.patientUri());
    for (String verb :
        List.of("list-snapshots " + SOURCE, "status", "check", "create-schemas " + MAPPING)) {
      LocalRun run = LocalRun.of(environment, verb.split(" "));
      assertThat(run.code()).as(run.said()).isOne();
      assertPlain(trouble, verb, run.said());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"SILENT", "SPEAKS_HTTP", "LOGIN"})
  void aServiceThatBeginsSaysItInItsLogItsPageAndItsProbes(Trouble trouble) throws IOException {
    begin(trouble);
    var both =
        Stream.of(
                environment(trouble, right(), trouble.database()),
                environment(trouble, trouble.broker(), target.patientUri()))
            .toList();
    for (Map<String, String> environment : both) {
      int port = freePort();
      environment.put("PROMETHEUS_PORT", Integer.toString(port));
      var seen = new ArrayList<String>();
      List<String> log =
          logged(
              environment,
              () -> {
                seen.clear();
                String ready = get(port, "/readyz");
                seen.add(ready);
                seen.add(get(port, "/api/status"));
                return ready.contains("cannot connect") || ready.contains("\"what\":\"database\"");
              });
      // What waiting does not mend ends the service before anybody can ask.
      assertThat(log).isNotEmpty();
      seen.forEach(said -> assertPlain(trouble, "HTTP", said));
      log.forEach(line -> assertPlain(trouble, "log", line));
    }
  }

  private interface Look {
    boolean isEnough() throws Exception;
  }

  /** What a service logs until a look is enough, or it has ended by itself. */
  private static List<String> logged(Map<String, String> environment, Look look) {
    var root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    var lines = new CopyOnWriteArrayList<ILoggingEvent>();
    var appender =
        new AppenderBase<ILoggingEvent>() {
          @Override
          protected void append(ILoggingEvent event) {
            lines.add(event);
          }
        };
    appender.start();
    root.addAppender(appender);
    var signal = new AtomicReference<Consumer<String>>();
    try {
      var service =
          CompletableFuture.supplyAsync(() -> LocalRun.of(environment, signal::set, "serve"));
      Awaitility.await()
          .atMost(Patience.LIMIT)
          .ignoreExceptions()
          .until(() -> service.isDone() || look.isEnough());
      signal.get().accept("SIGTERM");
      service.join();
      return lines.stream()
          .filter(event -> event.getLoggerName().startsWith("dev.creek"))
          .filter(event -> event.getLevel().isGreaterOrEqual(ch.qos.logback.classic.Level.INFO))
          .map(ILoggingEvent::getFormattedMessage)
          .toList();
    } finally {
      root.detachAppender(appender);
    }
  }

  private static String get(int port, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + port + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
        .body();
  }
}
