package dev.creek.consumer.app.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.Reachability;
import dev.creek.consumer.app.config.BearerToken;
import dev.creek.consumer.app.config.Configuration.Monitoring;
import dev.creek.consumer.app.config.Configuration.ServerTls;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

final class MonitoringServerTest {
  private final Meters meters = new Meters(new LogCounts());
  private final FakeService service = new FakeService();
  private final HttpClient client = HttpClient.newHttpClient();
  private final int port = freePort();
  private @Nullable Disposable server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.dispose();
    }
  }

  @Test
  void servesMetricsInBothFormsUntilCancelled() throws Exception {
    start(null);
    Told.line(meters, "s.a.b", "c.d", FakeService.backlog(Duration.ZERO, 0));
    HttpResponse<String> metrics = get("/metrics");
    assertThat(metrics.statusCode()).isEqualTo(200);
    assertThat(metrics.headers().firstValue("Content-Type"))
        .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain; version=0.0.4"));
    assertThat(metrics.body())
        .contains("creek_consumer_pg_inserts{", "creek_consumer_pool_waiting 2.0");
    HttpResponse<String> open = get("/metrics", "Accept", "application/openmetrics-text");
    assertThat(open.headers().firstValue("Content-Type"))
        .hasValueSatisfying(type -> assertThat(type).startsWith("application/openmetrics-text"));
    assertThat(open.body()).endsWith("# EOF\n");
    assertThat(get("/other").statusCode()).isEqualTo(404);
    server.dispose();
    await().until(this::isRefused);
  }

  @Test
  void isReadyWhereServersAnswerAndNoTableIsStuck() throws Exception {
    start(null);
    HttpResponse<String> ready = get("/readyz");
    assertThat(ready.statusCode()).isEqualTo(200);
    assertThat(ready.body()).startsWith("{\"ready\":true,\"reasons\":[]");
  }

  @Test
  void isNotReadyWhileATableIsStuckAndSaysWhy() throws Exception {
    start(null);
    Told.line(meters, "s.a.b", "c.d", FakeService.backlog(Duration.ZERO, 0));
    Told.state(meters, "c.d", "gap", "changes are gone", "take a clean snapshot");
    HttpResponse<String> unready = get("/readyz");
    assertThat(unready.statusCode()).isEqualTo(503);
    assertThat(unready.body())
        .contains("\"ready\":false", "\"table\":\"c.d\"", "\"state\":\"gap\"")
        .contains("\"reason\":\"changes are gone\"", "\"hint\":\"take a clean snapshot\"");
    Told.removed(meters, "c.d");
    assertThat(get("/readyz").statusCode()).isEqualTo(200);
  }

  @Test
  void isNotReadyWithoutServersAndTellsNoSecret() throws Exception {
    service.reached = new Reachability("no nats://me:geheim@host", "gone");
    start(null);
    HttpResponse<String> unready = get("/readyz");
    assertThat(unready.statusCode()).isEqualTo(503);
    assertThat(unready.body())
        .contains("\"what\":\"broker\"", "\"what\":\"database\",\"reason\":\"gone\"")
        .doesNotContain("geheim");
    get("/readyz");
    get("/metrics");
    assertThat(service.asked.get()).as("asked once a second at most").isLessThanOrEqualTo(2);
  }

  @Test
  void wantsTheTokenForMetricsAndReasonsButNotForProbes() throws Exception {
    service.reached = new Reachability("away", null);
    start(new BearerToken("s3cret"));
    assertThat(get("/metrics").statusCode()).isEqualTo(401);
    assertThat(get("/metrics", "Authorization", "Bearer s3cre").statusCode()).isEqualTo(401);
    assertThat(get("/metrics", "Authorization", "Bearer s3cret").statusCode()).isEqualTo(200);
    assertThat(get("/livez").statusCode()).isEqualTo(200);
    assertThat(get("/readyz").statusCode()).isEqualTo(503);
    assertThat(get("/readyz").body()).doesNotContain("away");
    assertThat(get("/readyz", "Authorization", "bearer s3cret").body()).contains("away");
  }

  @Test
  void refusesWhatIsNoRequestOrTooLong() throws Exception {
    start(null);
    assertThat(raw("GET /metrics" + "x".repeat(10_000) + " HTTP/1.1\r\nHost: a\r\n\r\n"))
        .doesNotContain("200 OK");
    assertThat(raw("GET /metrics HTTP/1.1\r\nX: " + "y".repeat(100_000) + "\r\n\r\n"))
        .doesNotContain("200 OK");
    assertThat(raw("\u0000\u0001garbage\r\n\r\n")).doesNotContain("200 OK");
    assertThat(raw("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"))
        .contains(" 404 ");
    assertThat(get("/metrics").statusCode()).isEqualTo(200);
  }

  @Test
  void closesTheConnectionBehindEachAnswer() throws Exception {
    start(null);
    String answer = raw("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
    assertThat(answer).containsIgnoringCase("connection: close").contains("200 OK");
  }

  @Test
  void aWantedPortThatIsTakenIsAnErrorBeforeAnythingIsBegun() throws IOException {
    var begun = new AtomicBoolean();
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int busy = taken.getLocalPort();
      StepVerifier.create(beside(begun, on(busy, true, null)))
          .expectErrorSatisfies(
              error -> assertThat(error).hasMessageContaining("cannot listen on 127.0.0.1:" + busy))
          .verify();
    }
    assertThat(begun).isFalse();
  }

  @Test
  void aKeyThatCannotBeReadIsAnErrorBeforeAnythingIsBegun(@TempDir Path folder) throws IOException {
    var begun = new AtomicBoolean();
    Path nonsense = Files.writeString(folder.resolve("key"), "nonsense");
    var options =
        new Monitoring("127.0.0.1", port, true, true, null, new ServerTls(nonsense, nonsense));
    StepVerifier.create(beside(begun, options)).expectError().verify();
    assertThat(begun).isFalse();
  }

  @Test
  void whereTheDefaultPortIsTakenTheWorkGoesOnWithout() throws IOException {
    var begun = new AtomicBoolean();
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Disposable running = beside(begun, on(taken.getLocalPort(), false, null)).subscribe();
      await().untilTrue(begun);
      assertThat(running.isDisposed()).isFalse();
      running.dispose();
    }
  }

  @Test
  void nobodyElseGetsThePortWhileTheFirstRowComesFirst() {
    var begun = new AtomicBoolean();
    Disposable first = beside(begun, on(port, true, null)).subscribe();
    await().untilTrue(begun);
    var second = new AtomicBoolean();
    StepVerifier.create(beside(second, on(port, true, null))).expectError().verify();
    assertThat(second).isFalse();
    first.dispose();
  }

  private Mono<Void> beside(AtomicBoolean begun, Monitoring options) {
    Mono<Void> work = Mono.<Void>never().doOnSubscribe(subscription -> begun.set(true));
    return MonitoringServer.beside(work, options, meters, service, Build.of("1.2.3"));
  }

  @Test
  void withoutAPortThereIsNoServer() {
    StepVerifier.create(run(new Monitoring("127.0.0.1", null, true, true, null, null)))
        .expectSubscription()
        .thenCancel()
        .verify();
  }

  private void start(@Nullable BearerToken token) {
    hurry();
    server = run(on(port, true, token)).subscribe();
    await().ignoreExceptions().until(() -> get("/livez").statusCode() == 200);
  }

  /** The server begins with the first change. */
  private void hurry() {
    Told.line(meters, "s.a.first", "c.first", FakeService.backlog(Duration.ZERO, 0));
    Told.applied(meters, "s.a.first", "c.first", 1, 0, 0, 0, null);
  }

  private Mono<Void> run(Monitoring options) {
    return MonitoringServer.beside(Mono.never(), options, meters, service, Build.of("1.2.3"));
  }

  private static Monitoring on(int port, boolean wanted, @Nullable BearerToken token) {
    return new Monitoring("127.0.0.1", port, wanted, true, token, null);
  }

  private HttpResponse<String> get(String path, String... headers) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + port + path);
    var request = HttpRequest.newBuilder(uri);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private String raw(String request) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(15_000);
      socket.getOutputStream().write(request.getBytes(US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    } catch (SocketException e) {
      // Closed while we still talk.
      return "";
    }
  }

  private boolean isRefused() throws Exception {
    try {
      get("/livez");
      return false;
    } catch (ConnectException e) {
      return true;
    }
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
