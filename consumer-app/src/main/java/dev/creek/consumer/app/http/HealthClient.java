package dev.creek.consumer.app.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.creek.consumer.app.config.Configuration.Monitoring;
import dev.creek.consumer.app.config.Configuration.ServerTls;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Queries the monitoring server on this machine. It uses a plain socket: an HTTP client takes
 * longer to load than the whole request. Blocks.
 */
public final class HealthClient {
  private static final Set<String> EVERYWHERE = Set.of("0.0.0.0", "::", "[::]");
  private static final int MAX_BYTES = 1 << 20;

  private final Monitoring options;
  private final InetSocketAddress address;
  private final Duration limit;

  /**
   * The server's answer.
   *
   * @param ok whether all is well
   * @param body its content, JSON
   */
  public record Answer(boolean ok, String body) {}

  /**
   * @param limit for connecting and for waiting for an answer, each
   */
  public HealthClient(Monitoring options, int port, Duration limit) {
    this.options = options;
    this.limit = limit;
    String host = EVERYWHERE.contains(options.address()) ? "localhost" : options.address();
    this.address = new InetSocketAddress(host, port);
  }

  /** Sends a request for a path. */
  public Answer ask(String path) throws IOException {
    try (Socket socket = connect()) {
      String token = options.token() == null ? "" : options.token().header();
      String authorization = token.isEmpty() ? "" : "Authorization: " + token + "\r\n";
      socket
          .getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.0\r\nHost: localhost\r\n" + authorization + "\r\n")
                  .getBytes(US_ASCII));
      return answer(new String(socket.getInputStream().readNBytes(MAX_BYTES), UTF_8));
    }
  }

  private static Answer answer(String response) throws IOException {
    String[] parts = response.split("\r\n\r\n", 2);
    String[] status = parts[0].split(" ", 3);
    if (parts.length < 2 || status.length < 2) {
      throw new IOException("that is no HTTP");
    }
    return new Answer(status[1].equals("200"), parts[1].strip());
  }

  private Socket connect() throws IOException {
    var plain = new Socket();
    try {
      plain.connect(address, (int) limit.toMillis());
      plain.setSoTimeout((int) limit.toMillis());
      ServerTls tls = options.tls();
      return tls == null
          ? plain
          : context(tls)
              .getSocketFactory()
              .createSocket(plain, address.getHostString(), address.getPort(), true);
    } catch (IOException e) {
      plain.close();
      throw e;
    }
  }

  /** Our own certificate is accepted, whatever names are in it. */
  private static SSLContext context(ServerTls tls) throws IOException {
    try (InputStream in = Files.newInputStream(tls.certificate())) {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      int number = 0;
      for (Certificate known : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        trusted.setCertificateEntry("c" + number++, known);
      }
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("the certificate cannot be used: " + e.getMessage(), e);
    }
  }

  @Override
  public String toString() {
    return (options.tls() == null ? "http" : "https")
        + "://"
        + address.getHostString()
        + ":"
        + address.getPort();
  }
}
