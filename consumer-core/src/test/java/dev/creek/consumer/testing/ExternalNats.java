package dev.creek.consumer.testing;

import java.net.URI;
import java.nio.file.Path;
import java.util.OptionalLong;

/** A server that somebody else runs. It is used, but never started or ended. */
final class ExternalNats implements NatsRuntime {

  private static final int DEFAULT_PORT = 4222;

  private final URI uri;

  ExternalNats(String uri) {
    this.uri = URI.create(uri);
    if (this.uri.getHost() == null) {
      throw new IllegalArgumentException(NatsServer.EXTERNAL + " should be like nats://host:4222");
    }
  }

  @Override
  public void start() {}

  @Override
  public void stop() {
    throw notOurs();
  }

  @Override
  public void kill() {
    throw notOurs();
  }

  private static UnsupportedOperationException notOurs() {
    return new UnsupportedOperationException(
        "the server of " + NatsServer.EXTERNAL + " is not ours to end or to look into");
  }

  @Override
  public void close() {}

  @Override
  public boolean canRestart() {
    return false;
  }

  @Override
  public boolean isRunning() {
    return true;
  }

  @Override
  public OptionalLong pid() {
    return OptionalLong.empty();
  }

  @Override
  public String host() {
    return uri.getHost();
  }

  @Override
  public int port() {
    return uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort();
  }

  @Override
  public int monitoringPort() {
    throw notOurs();
  }

  @Override
  public Path storeDir() {
    throw notOurs();
  }

  @Override
  public String logTail() {
    return "(the log of an external server is not known)";
  }
}
