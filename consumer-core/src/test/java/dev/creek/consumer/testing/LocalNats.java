package dev.creek.consumer.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A nats-server process of our own. */
final class LocalNats implements NatsRuntime {

  /** Recovery of a large store counts as starting. */
  private static final Duration START_LIMIT = Patience.LIMIT;

  private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
  private static final int PROBE_MILLIS = 500;

  private final Path binary;
  private final Path folder;
  private final Path storeDir;
  private final Path log;
  private final int port;
  private final int monitoringPort;
  private final String serverName;
  private @Nullable ServerProcess process;

  LocalNats(Path binary, NatsServer.Options options) {
    this.binary = binary;
    this.folder = options.onDisk() ? Scratch.onDisk("nats") : Scratch.inMemory("nats");
    Path given = options.storeDir();
    this.storeDir = given == null ? folder.resolve("store") : given.toAbsolutePath();
    this.log = folder.resolve("log");
    this.port = FreePort.find();
    this.monitoringPort = FreePort.find();
    String name = options.serverName();
    this.serverName = name == null ? "creek-test-" + port : name;
    writeConfig(options);
  }

  private void writeConfig(NatsServer.Options options) {
    List<String> lines = new ArrayList<>();
    lines.add("listen: \"127.0.0.1:%d\"".formatted(port));
    lines.add("http: \"127.0.0.1:%d\"".formatted(monitoringPort));
    lines.add("server_name: \"%s\"".formatted(serverName));
    lines.addAll(options.lines());
    lines.add("jetstream {");
    lines.add("  store_dir: \"%s\"".formatted(storeDir));
    lines.addAll(options.jetStreamLines());
    lines.add("}");
    try {
      Files.write(config(), lines);
    } catch (IOException e) {
      throw new UncheckedIOException("could not write " + config(), e);
    }
  }

  private Path config() {
    return folder.resolve("nats.conf");
  }

  @Override
  public void start() {
    if (isRunning()) {
      throw new IllegalStateException("nats-server on port " + port + " is running already");
    }
    ServerProcess started =
        ServerProcess.start(
            "nats-server on port " + port,
            List.of(binary.toString(), "--config", config().toString()),
            Map.of(),
            log);
    process = started;
    started.awaitReady(this::isReady, START_LIMIT);
  }

  /** The server greets a client only after JetStream has its streams back. */
  private boolean isReady() {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(PROBE_MILLIS);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PROBE_MILLIS);
      BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      String greeting = in.readLine();
      return greeting != null && greeting.contains("\"" + serverName + "\"");
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void stop() {
    if (process != null) {
      process.stop("INT", STOP_LIMIT);
    }
  }

  @Override
  public void kill() {
    if (process != null) {
      process.kill();
    }
  }

  @Override
  public void close() {
    if (process != null) {
      process.kill();
    }
    Scratch.remove(folder);
  }

  @Override
  public boolean canRestart() {
    return true;
  }

  @Override
  public boolean isRunning() {
    return process != null && process.isAlive();
  }

  @Override
  public OptionalLong pid() {
    return process != null && process.isAlive()
        ? OptionalLong.of(process.pid())
        : OptionalLong.empty();
  }

  @Override
  public String host() {
    return "127.0.0.1";
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public int monitoringPort() {
    return monitoringPort;
  }

  @Override
  public Path storeDir() {
    return storeDir;
  }

  @Override
  public String logTail() {
    return ServerProcess.tail(log);
  }
}
