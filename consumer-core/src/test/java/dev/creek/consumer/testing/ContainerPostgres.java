package dev.creek.consumer.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/**
 * PostgreSQL in a container. It cannot be started again: Docker would give it another port, and a
 * test of restarts is about clients that come back to the same one.
 */
final class ContainerPostgres implements PostgresRuntime {

  private static final int PORT = 5432;

  private final GenericContainer<?> container;

  ContainerPostgres(int version, Map<String, String> settings) {
    List<String> command = new ArrayList<>(List.of("postgres"));
    settings.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
    this.container =
        new GenericContainer<>(DockerImageName.parse("postgres:" + version))
            .withEnv("POSTGRES_PASSWORD", PostgresBinaries.PASSWORD)
            .withCommand(command.toArray(String[]::new))
            .withExposedPorts(PORT)
            // The image starts the server once for its initialisation and then again for us.
            .waitingFor(
                Wait.forLogMessage(".*database system is ready to accept connections.*\\s", 2));
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
  public String user() {
    return PostgresBinaries.USER;
  }

  @Override
  public String password() {
    return PostgresBinaries.PASSWORD;
  }

  @Override
  public String logTail() {
    return container.getLogs();
  }
}
