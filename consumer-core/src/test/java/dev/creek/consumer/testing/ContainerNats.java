package dev.creek.consumer.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.testcontainers.containers.BindMode;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.MountableFile;

/**
 * nats-server in a container. It cannot be started again: Docker would give it another port, and a
 * test of restarts is about clients that come back to the same one.
 */
final class ContainerNats implements NatsRuntime {

  private static final String IMAGE = "nats:2.10";
  private static final int PORT = 4222;
  private static final int MONITORING_PORT = 8222;
  private static final String STORE = "/store";
  private static final String CONFIG = "/etc/nats/creek-test.conf";

  private final GenericContainer<?> container;
  private final Path folder;
  private final Path storeDir;

  ContainerNats(NatsServer.Options options) {
    this.folder = Scratch.onDisk("nats");
    Path given = options.storeDir();
    this.storeDir = given == null ? folder.resolve("store") : given.toAbsolutePath();
    this.container =
        new GenericContainer<>(DockerImageName.parse(IMAGE))
            .withCopyFileToContainer(MountableFile.forHostPath(writeConfig(options)), CONFIG)
            .withFileSystemBind(storeDir.toString(), STORE, BindMode.READ_WRITE)
            .withCommand("--config", CONFIG)
            .withExposedPorts(PORT, MONITORING_PORT)
            .waitingFor(Wait.forLogMessage(".*Server is ready.*\\s", 1));
  }

  private Path writeConfig(NatsServer.Options options) {
    List<String> lines = new ArrayList<>();
    lines.add("port: " + PORT);
    lines.add("http: " + MONITORING_PORT);
    String name = options.serverName();
    if (name != null) {
      lines.add("server_name: \"%s\"".formatted(name));
    }
    lines.addAll(options.lines());
    lines.add("jetstream {");
    lines.add("  store_dir: \"%s\"".formatted(STORE));
    lines.addAll(options.jetStreamLines());
    lines.add("}");
    try {
      Files.createDirectories(storeDir);
      return Files.write(folder.resolve("nats.conf"), lines);
    } catch (IOException e) {
      throw new UncheckedIOException("could not write into " + folder, e);
    }
  }

  @Override
  public void start() {
    container.start();
  }

  @Override
  public void stop() {
    throw new UnsupportedOperationException("a container cannot be started again on its port");
  }

  @Override
  public void kill() {
    stop();
  }

  @Override
  public void close() {
    container.stop();
    Scratch.remove(folder);
  }

  @Override
  public boolean canRestart() {
    return false;
  }

  @Override
  public boolean isRunning() {
    return container.isRunning();
  }

  @Override
  public OptionalLong pid() {
    return OptionalLong.empty();
  }

  @Override
  public String host() {
    return container.getHost();
  }

  @Override
  public int port() {
    return container.getMappedPort(PORT);
  }

  @Override
  public int monitoringPort() {
    return container.getMappedPort(MONITORING_PORT);
  }

  @Override
  public Path storeDir() {
    return storeDir;
  }

  @Override
  public String logTail() {
    return container.getLogs();
  }
}
