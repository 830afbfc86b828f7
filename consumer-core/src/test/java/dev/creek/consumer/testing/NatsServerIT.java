package dev.creek.consumer.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nats.client.Connection;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NatsServerIT {

  private static final String STREAM = "CREEK_wal";

  /** These tests are about processes of our own. */
  @BeforeEach
  void needsOurOwnServer() {
    assumeTrue(Settings.text(NatsServer.EXTERNAL) == null && !Settings.containers());
  }

  @Test
  void keepsAcknowledgedMessagesWhenKilledAndClientsComeBackToTheSamePort() throws Exception {
    try (NatsServer server = NatsServer.builder().start()) {
      try (Connection client = connect(server)) {
        createStream(client);
        publish(client, "before");

        server.kill();

        assertThat(server.isRunning()).isFalse();
        int port = server.port();
        server.start();
        assertThat(server.port()).isEqualTo(port);
        await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> client.getStatus() == Connection.Status.CONNECTED);
        publish(client, "after");
        assertThat(messages(client)).isEqualTo(2);
      }
    }
  }

  @Test
  void keepsItsStoreOverARestart() throws Exception {
    try (NatsServer server = NatsServer.builder().onDisk().start()) {
      try (Connection client = connect(server)) {
        createStream(client);
        publish(client, "one");
      }
      server.restart();
      try (Connection client = connect(server)) {
        assertThat(messages(client)).isEqualTo(1);
      }
    }
  }

  @Test
  void startsOnAStoreThatIsGivenAndLeavesItThere(@TempDir Path store) throws Exception {
    try (NatsServer server = NatsServer.builder().storeDir(store).start()) {
      try (Connection client = connect(server)) {
        createStream(client);
        publish(client, "one");
      }
    }
    assertThat(store.resolve("jetstream")).isDirectory();
    try (NatsServer server = NatsServer.builder().storeDir(store).start();
        Connection client = connect(server)) {
      assertThat(messages(client)).isEqualTo(1);
    }
  }

  @Test
  void takesOptions() throws Exception {
    try (NatsServer server =
        NatsServer.builder()
            .serverName("creek-options")
            .maxPayload(2048)
            .jetStreamOption("max_file_store: 64MB")
            .start()) {
      try (Connection client = connect(server)) {
        assertThat(client.getServerInfo().getMaxPayload()).isEqualTo(2048);
        assertThat(client.getServerInfo().getServerName()).isEqualTo("creek-options");
      }
      String page =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create(server.monitoringUri() + "/jsz")).build(),
                  BodyHandlers.ofString())
              .body();
      assertThat(page).contains("\"max_storage\": " + (64 << 20));
    }
  }

  @Test
  void sendsTheServersLogWithTheFailureToStart() {
    assertThatThrownBy(() -> NatsServer.builder().option("no_such_option: 1").start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("nats-server")
        .hasMessageContaining("no_such_option");
  }

  @Test
  void removesItsOwnStore() {
    NatsServer server = NatsServer.builder().start();
    Path store = server.storeDir();
    assertThat(store).exists();
    server.close();
    assertThat(Files.exists(store)).isFalse();
  }

  private static Connection connect(NatsServer server) throws Exception {
    return Nats.connect(
        Options.builder()
            .server(server.uri())
            .reconnectWait(Duration.ofMillis(20))
            .maxReconnects(-1)
            .build());
  }

  private static void createStream(Connection client) throws Exception {
    client
        .jetStreamManagement()
        .addStream(
            StreamConfiguration.builder()
                .name(STREAM)
                .subjects("wal.>")
                .storageType(StorageType.File)
                .build());
  }

  private static void publish(Connection client, String text) throws Exception {
    client.jetStream().publish("wal.t", text.getBytes(UTF_8));
  }

  private static long messages(Connection client) throws Exception {
    return client.jetStreamManagement().getStreamInfo(STREAM).getStreamState().getMsgCount();
  }
}
