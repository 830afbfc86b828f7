package dev.creek.consumer.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A real Prometheus for tests, a process of its own on loopback: it scrapes one address every
 * second, and evaluates alert rules. It is the one of the Debian package, which is fetched once
 * into the test cache; where that cannot be had there is none.
 *
 * <p>All methods may be called from any thread; they block.
 */
public final class PrometheusServer implements AutoCloseable {

  /** How often it scrapes; a rate needs four of them. */
  public static final Duration INTERVAL = Duration.ofSeconds(1);

  private static final DebianPackage PACKAGE =
      new DebianPackage(
          "prometheus/debian", "prometheus", DebianPackage.OWN, "prometheus", "promtool");

  private static final Duration START_LIMIT = Patience.LIMIT;
  private static final int PROBE_MILLIS = 500;

  private final Path folder;
  private final int port;
  private final ServerProcess process;

  private PrometheusServer(Path folder, int port, ServerProcess process) {
    this.folder = folder;
    this.port = port;
    this.process = process;
  }

  /** Why there is none on this machine; empty where there is one. */
  public static Optional<String> missing() {
    try {
      PACKAGE.unpacked();
      return Optional.empty();
    } catch (IllegalStateException | UncheckedIOException e) {
      return Optional.of("no Prometheus: " + e.getMessage());
    }
  }

  /**
   * What its own tool says of a file with alert rules.
   *
   * @throws IllegalStateException with that, where it does not like the file
   */
  public static String checkRules(Path rules) {
    String promtool = PACKAGE.unpacked().resolve("promtool").toString();
    return Commands.run(List.of(promtool, "check", "rules", rules.toString()));
  }

  /** Starts one that scrapes {@code /metrics} of a port of this machine, as a job of that name. */
  public static PrometheusServer scraping(String job, int scraped, Path rules) {
    Path folder = Scratch.onDisk("prometheus");
    Path config = folder.resolve("prometheus.yml");
    int port = FreePort.find();
    try {
      Files.writeString(
          config,
          """
          global: {scrape_interval: %1$ds, scrape_timeout: %1$ds, evaluation_interval: %1$ds}
          rule_files: ["%2$s"]
          scrape_configs:
            - job_name: %3$s
              static_configs: [{targets: ["127.0.0.1:%4$d"]}]
          """
              .formatted(INTERVAL.toSeconds(), rules.toAbsolutePath(), job, scraped));
    } catch (IOException e) {
      throw new UncheckedIOException("could not write " + config, e);
    }
    ServerProcess process =
        ServerProcess.start(
            "Prometheus on port " + port,
            List.of(
                PACKAGE.unpacked().resolve("prometheus").toString(),
                "--config.file=" + config,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port),
            Map.of(),
            folder.resolve("log"));
    process.awaitReady(() -> isListening(port), START_LIMIT);
    return new PrometheusServer(folder, port, process);
  }

  private static boolean isListening(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PROBE_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** {@code http://host:port}. */
  public String uri() {
    return "http://127.0.0.1:" + port;
  }

  /** Ends it and removes what it has gathered. */
  @Override
  public void close() {
    process.kill();
    Scratch.remove(folder);
  }
}
