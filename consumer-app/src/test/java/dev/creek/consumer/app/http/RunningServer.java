package dev.creek.consumer.app.http;

import static org.awaitility.Awaitility.await;

import dev.creek.consumer.app.config.BearerToken;
import dev.creek.consumer.app.config.Configuration.Monitoring;
import dev.creek.consumer.app.config.Configuration.ServerTls;
import dev.creek.consumer.testing.Patience;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** The monitoring server in this JVM, in front of a service that a test makes up. Close it. */
final class RunningServer implements AutoCloseable {
  private static final Duration PATIENCE = Patience.LIMIT;

  final Meters meters = new Meters(new LogCounts());
  final FakeService service = new FakeService();
  final int port;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Disposable running;

  private RunningServer(Monitoring options) {
    port = options.port();
    hurry(meters);
    running =
        MonitoringServer.beside(Mono.never(), options, meters, service, Build.of("1.2.3"))
            .subscribe();
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> new HealthClient(options, port, PATIENCE).ask("/livez").ok());
    Told.removed(meters, "c.first");
  }

  /** With a page, without a token. */
  static RunningServer open() {
    return at(freePort());
  }

  static RunningServer at(int port) {
    return new RunningServer(options(port, true, null));
  }

  static RunningServer with(boolean page, @Nullable BearerToken token) {
    return new RunningServer(options(freePort(), page, token));
  }

  /** Over HTTPS. */
  static RunningServer withTls(ServerTls tls) {
    return new RunningServer(new Monitoring("127.0.0.1", freePort(), true, true, null, tls));
  }

  static Monitoring options(int port, boolean page, @Nullable BearerToken token) {
    return new Monitoring("127.0.0.1", port, true, page, token, null);
  }

  /** The server begins with the first change, or seconds later. */
  static void hurry(Meters meters) {
    Told.line(meters, "s.a.first", "c.first", FakeService.backlog(Duration.ZERO, 0));
    Told.applied(meters, "s.a.first", "c.first", 1, 0, 0, 0, null);
  }

  /** A table that is handled here and streams. */
  void streams(String source, String target) {
    Told.line(meters, source, target, FakeService.backlog(Duration.ZERO, 0));
    Told.state(meters, target, "streaming", null, null);
  }

  String address() {
    return "http://127.0.0.1:" + port + "/";
  }

  HttpResponse<String> get(String path, String... headers) throws Exception {
    return client.send(request(path, headers), BodyHandlers.ofString());
  }

  HttpRequest request(String path, String... headers) {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    return (headers.length > 0 ? request.headers(headers) : request).build();
  }

  @Override
  public void close() {
    running.dispose();
  }

  static int freePort() {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
