package dev.creek.consumer.app.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.creek.consumer.api.Reachability;
import dev.creek.consumer.app.config.BearerToken;
import dev.creek.consumer.app.config.Configuration.Monitoring;
import dev.creek.consumer.app.config.Configuration.ServerTls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HealthClientTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir private Path folder;

  @Test
  void hearsWhetherTheServiceIsReady() throws Exception {
    try (var server = RunningServer.open()) {
      assertThat(client(server, null).ask("/readyz").ok()).isTrue();
      server.streams("s.a.b", "c.d");
      Told.state(server.meters, "c.d", "failed", "no column", "add it");
      HealthClient.Answer answer = client(server, null).ask("/readyz");
      assertThat(answer.ok()).isFalse();
      assertThat(answer.body()).contains("no column").startsWith("{").endsWith("}");
      assertThat(client(server, null).ask("/livez").ok()).isTrue();
    }
  }

  @Test
  void showsItsTokenSoThatItHearsWhy() throws Exception {
    var token = new BearerToken("s3cret");
    try (var server = RunningServer.with(true, token)) {
      server.service.reached = new Reachability("away", null);
      assertThat(client(server, token).ask("/readyz").body()).contains("away");
    }
  }

  @Test
  void trustsTheServicesOwnCertificate() throws Exception {
    ServerTls tls = certificate();
    try (var server = RunningServer.withTls(tls)) {
      var options = new Monitoring("0.0.0.0", server.port, true, true, null, tls);
      assertThat(new HealthClient(options, server.port, LIMIT).ask("/readyz").ok()).isTrue();
      assertThatThrownBy(() -> client(server, null).ask("/readyz")).isInstanceOf(IOException.class);
    }
  }

  @Test
  void saysSoWhereNobodyAnswers() {
    var options = RunningServer.options(RunningServer.freePort(), true, null);
    assertThatThrownBy(() -> new HealthClient(options, options.port(), LIMIT).ask("/readyz"))
        .isInstanceOf(IOException.class);
  }

  private static HealthClient client(RunningServer server, BearerToken token) {
    return new HealthClient(RunningServer.options(server.port, true, token), server.port, LIMIT);
  }

  /** Made by the JDK's keytool, and taken out of its store. */
  private ServerTls certificate() throws Exception {
    Path store = folder.resolve("store.p12");
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    var command =
        List.of(
            keytool,
            "-genkeypair",
            "-keyalg",
            "EC",
            "-alias",
            "a",
            "-dname",
            "CN=elsewhere.example",
            "-keystore",
            store.toString(),
            "-storepass",
            "secret");
    assertThat(new ProcessBuilder(command).start().waitFor()).isZero();
    var keys = java.security.KeyStore.getInstance(store.toFile(), "secret".toCharArray());
    Path certificate = pem("cert.pem", "CERTIFICATE", keys.getCertificate("a").getEncoded());
    Path key = pem("key.pem", "PRIVATE KEY", keys.getKey("a", "secret".toCharArray()).getEncoded());
    return new ServerTls(certificate, key);
  }

  private Path pem(String name, String type, byte[] content) throws IOException {
    String text = java.util.Base64.getMimeEncoder().encodeToString(content);
    return Files.writeString(
        folder.resolve(name),
        "-----BEGIN %s-----%n%s%n-----END %s-----%n".formatted(type, text, type));
  }
}
