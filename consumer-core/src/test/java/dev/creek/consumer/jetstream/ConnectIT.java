package dev.creek.consumer.jetstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.api.BrokerCredentials;
import dev.creek.consumer.api.BrokerException;
import dev.creek.consumer.api.BrokerOptions;
import dev.creek.consumer.api.BrokerTls;
import dev.creek.consumer.testing.NatsServer;
import io.nats.client.NKey;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;

/** Who is let in, and how a refusal is told. */
@EachReader
final class ConnectIT {
  @Parameter private BrokerOptions.Reader reader;

  private static final String SECRET = "geheim";

  @TempDir Path folder;

  /** Null where it worked. */
  private @Nullable Throwable connect(BrokerOptions.Builder options) {
    return JetStreamLog.connect(options.reader(reader).build())
        .flatMap(JetStreamLog::close)
        .materialize()
        .block(Reading.LIMIT)
        .getThrowable();
  }

  /** Again where a busy machine was too slow for the time that an attempt has. */
  private void assertWorks(BrokerOptions.Builder options) {
    await().atMost(Reading.LIMIT).untilAsserted(() -> assertThat(connect(options)).isNull());
  }

  /** The client waits for a refused login as long as for an attempt to connect. */
  private void assertRefused(BrokerOptions.Builder options, String why) {
    assertThat(connect(options.connectTimeout(Duration.ofSeconds(1))))
        .isInstanceOf(BrokerException.Unavailable.class)
        .hasMessageContaining(why)
        .hasMessageNotContaining(SECRET)
        .satisfies(
            e ->
                assertThat(e)
                    .hasNoSuppressedExceptions()
                    .extracting(Throwable::getCause)
                    .satisfies(c -> assertThat(String.valueOf(c)).doesNotContain(SECRET)));
  }

  private static BrokerOptions.Builder at(NatsServer server, String user) {
    return BrokerOptions.builder(server.uri().replace("://", "://" + user));
  }

  @Test
  void byUserAndPassword() {
    try (var server =
        NatsServer.builder()
            .option("authorization { user: creek, password: \"%s@:/\" }".formatted(SECRET))
            .start()) {
      assertWorks(at(server, "creek:" + SECRET + "%40%3A%2F@"));
      assertWorks(at(server, "").credentials(new BrokerCredentials.User("creek", SECRET + "@:/")));
      assertRefused(at(server, "creek:" + SECRET + "@"), "Authorization Violation");
      assertRefused(at(server, ""), "Authorization Violation");
    }
  }

  @Test
  void byToken() {
    try (var server =
        NatsServer.builder().option("authorization { token: %s }".formatted(SECRET)).start()) {
      assertWorks(at(server, SECRET + "@"));
      assertWorks(at(server, "").credentials(new BrokerCredentials.Token(SECRET)));
      assertRefused(at(server, SECRET + "x@"), "Authorization Violation");
    }
  }

  @Test
  void byNkey() throws Exception {
    var key = NKey.createUser(null);
    Path file = Files.writeString(folder.resolve("user.nk"), new String(key.getSeed()) + "\n");
    try (var server =
        NatsServer.builder()
            .option(
                "authorization { users = [ { nkey: %s } ] }"
                    .formatted(new String(key.getPublicKey())))
            .start()) {
      assertWorks(at(server, "").credentials(new BrokerCredentials.NkeyFile(file)));
      Files.writeString(file, new String(NKey.createUser(null).getSeed()));
      assertRefused(
          at(server, "").credentials(new BrokerCredentials.NkeyFile(file)),
          "Authorization Violation");
    }
  }

  @Test
  void theNextServerOfTheListIsTakenWhereOneIsDown() {
    try (var server = NatsServer.builder().start()) {
      assertWorks(BrokerOptions.builder("nats://127.0.0.1:1," + server.uri()));
    }
  }

  @Test
  void byTlsWithTheHostsOwnCertificate() throws Exception {
    Path certificate = makeCertificate("server", "dns:localhost");
    try (var server = tlsServer("server", "")) {
      String port = ":" + server.port();
      assertWorks(
          BrokerOptions.builder("tls://localhost" + port).tls(BrokerTls.trusting(certificate)));
      assertWorks(
          BrokerOptions.builder("nats://localhost" + port)
              .tls(new BrokerTls(null, folder.resolve("server.p12"), SECRET, null, null)));
      assertRefused(
          BrokerOptions.builder("tls://127.0.0.1" + port).tls(BrokerTls.trusting(certificate)),
          "127.0.0.1");
      assertRefused(BrokerOptions.builder("tls://localhost" + port), "certification path");
      assertRefused(BrokerOptions.builder("nats://localhost" + port), "use tls://");
    }
  }

  @Test
  void byClientCertificate() throws Exception {
    Path certificate = makeCertificate("server", "dns:localhost");
    Path client = makeCertificate("client", "dns:client");
    try (var server = tlsServer("server", ", verify: true, ca_file: \"%s\"".formatted(client))) {
      String uri = "tls://localhost:" + server.port();
      assertWorks(
          BrokerOptions.builder(uri)
              .tls(new BrokerTls(certificate, null, null, client, folder.resolve("client.key"))));
      assertThat(connect(BrokerOptions.builder(uri).tls(BrokerTls.trusting(certificate))))
          .isInstanceOf(BrokerException.Unavailable.class);
    }
  }

  private NatsServer tlsServer(String name, String more) {
    return NatsServer.builder()
        .option(
            "tls { cert_file: \"%s\", key_file: \"%s\"%s }"
                .formatted(folder.resolve(name + ".pem"), folder.resolve(name + ".key"), more))
        .start();
  }

  /** A self-signed certificate, as PEM and as trust store; its key beside it. */
  private Path makeCertificate(String name, String host) throws Exception {
    Path store = folder.resolve(name + "-key.p12");
    keytool(
        "-genkeypair",
        "-alias",
        name,
        "-keyalg",
        "EC",
        "-dname",
        "CN=" + name,
        "-ext",
        "san=" + host,
        "-ext",
        "bc:critical=ca:true",
        "-keystore",
        store.toString());
    var keys = KeyStore.getInstance(store.toFile(), SECRET.toCharArray());
    var certificate = keys.getCertificate(name);
    write(name + ".key", "PRIVATE KEY", keys.getKey(name, SECRET.toCharArray()).getEncoded());
    Path pem = write(name + ".pem", "CERTIFICATE", certificate.getEncoded());
    var trust = KeyStore.getInstance("PKCS12");
    trust.load(null, null);
    trust.setCertificateEntry(name, certificate);
    try (var out = Files.newOutputStream(folder.resolve(name + ".p12"))) {
      trust.store(out, SECRET.toCharArray());
    }
    return pem;
  }

  private Path write(String file, String kind, byte[] content) throws IOException {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return Files.writeString(
        folder.resolve(file),
        "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(kind, body, kind));
  }

  private static void keytool(String... arguments) throws Exception {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                SECRET,
                "-validity",
                "30"));
    command.addAll(1, List.of(arguments));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), Charset.defaultCharset());
    assertThat(process.waitFor()).as(output).isZero();
  }
}
