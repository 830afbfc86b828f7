package dev.creek.consumer.app.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

final class ConnectionGuardTest {
  private static final int MOST = 3;

  private final DisposableServer server = serve();
  private final List<Socket> open = new ArrayList<>();

  @AfterEach
  void stop() throws IOException {
    for (Socket socket : open) {
      socket.close();
    }
    server.disposeNow();
  }

  private static DisposableServer serve() {
    var guard = new ConnectionGuard(MOST, Duration.ofMillis(300), Duration.ofMillis(300));
    String piece = "x".repeat(1 << 20);
    return HttpServer.create()
        .host("127.0.0.1")
        .port(0)
        .doOnChannelInit((observer, channel, remote) -> guard.admit(channel))
        .route(
            routes ->
                routes
                    .get("/short", (request, response) -> short_(request, response))
                    .get(
                        "/long",
                        (request, response) -> {
                          ConnectionGuard.requested(request);
                          return response.sendString(Flux.just(piece).repeat(1000));
                        }))
        .bindNow();
  }

  private static Mono<Void> short_(
      reactor.netty.http.server.HttpServerRequest request,
      reactor.netty.http.server.HttpServerResponse response) {
    ConnectionGuard.requested(request);
    return response.sendString(Mono.just("ok")).then();
  }

  @Test
  void aRequestThatDoesNotComeInTimeEndsItsConnection() throws IOException {
    Socket slow = connect();
    send(slow, "GET /short HTTP/1.1\r\nHost");
    assertThat(slow.getInputStream().read()).as("closed").isEqualTo(-1);
  }

  @Test
  void anAnswerThatIsNotTakenInTimeEndsItsConnection() throws IOException {
    Socket deaf = connect();
    send(deaf, "GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
    // What waits in the sockets' buffers is all that there is to read, once the other side closed.
    Awaitility.await().until(() -> isAdmitted(MOST));
  }

  @Test
  void moreThanSoManyAtOnceAreTurnedAway() throws IOException {
    for (int i = 0; i < MOST; i++) {
      assertThat(answer(connect())).contains("200 OK");
    }
    Socket oneMore = connect();
    assertThat(answer(oneMore)).isEmpty();
    for (Socket socket : open) {
      socket.close();
    }
    Awaitility.await().until(() -> isAdmitted(1));
  }

  private boolean isAdmitted(int count) throws IOException {
    var sockets = new ArrayList<Socket>();
    try {
      for (int i = 0; i < count; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        sockets.add(socket);
        if (answer(socket).isEmpty()) {
          return false;
        }
      }
      return true;
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  private Socket connect() throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout(20_000);
    open.add(socket);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(US_ASCII));
  }

  /** What comes first; empty where the connection was closed. */
  private static String answer(Socket socket) throws IOException {
    try {
      socket.setSoTimeout(20_000);
      send(socket, "GET /short HTTP/1.1\r\nHost: a\r\n\r\n");
      byte[] some = new byte[200];
      int read = socket.getInputStream().read(some);
      return read < 0 ? "" : new String(some, 0, read, US_ASCII);
    } catch (SocketException e) {
      return "";
    }
  }
}
