package dev.creek.consumer.app.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.app.config.Configuration.Monitoring;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.test.StepVerifier;

final class MonitoringServerTest {
  private final Meters meters = new Meters(new LogCounts());
  private final HttpClient client = HttpClient.newHttpClient();

  @Test
  void servesMetricsAndLifeUntilCancelled() throws Exception {
    int port = freePort();
    meters.applied("s.a.b", "c.d", 1, 0, 0, 0, null);
    Disposable server = MonitoringServer.run(on(port, true), meters).subscribe();
    await().ignoreExceptions().until(() -> get(port, "/livez").statusCode() == 200);
    HttpResponse<String> metrics = get(port, "/metrics");
    assertThat(metrics.statusCode()).isEqualTo(200);
    assertThat(metrics.headers().firstValue("Content-Type"))
        .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain; version=0.0.4"));
    assertThat(metrics.body()).contains("creek_consumer_pg_inserts{");
    assertThat(get(port, "/other").statusCode()).isEqualTo(404);
    server.dispose();
    await().until(() -> refused(port));
  }

  @Test
  void aWantedPortThatIsTakenIsAnError() throws IOException {
    meters.applied("s.a.b", "c.d", 1, 0, 0, 0, null);
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      StepVerifier.create(MonitoringServer.run(on(port, true), meters))
          .expectErrorSatisfies(
              error -> assertThat(error).hasMessageContaining("cannot listen on 127.0.0.1:" + port))
          .verify();
    }
  }

  @Test
  void withoutAPortThereIsNoServer() {
    StepVerifier.create(MonitoringServer.run(new Monitoring("127.0.0.1", null, true), meters))
        .expectSubscription()
        .thenCancel()
        .verify();
  }

  private static Monitoring on(int port, boolean wanted) {
    return new Monitoring("127.0.0.1", port, wanted);
  }

  private HttpResponse<String> get(int port, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + port + path);
    return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
  }

  private boolean refused(int port) throws Exception {
    try {
      get(port, "/livez");
      return false;
    } catch (ConnectException e) {
      return true;
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
