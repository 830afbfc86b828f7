package dev.creek.consumer.testing;

import java.net.URI;
import java.util.OptionalLong;

/** A server that somebody else runs. It is used, but never started or ended. */
final class ExternalPostgres implements PostgresRuntime {

  private static final int DEFAULT_PORT = 5432;

  private final URI uri;

  ExternalPostgres(String uri) {
    this.uri = URI.create(uri);
    if (this.uri.getHost() == null || this.uri.getUserInfo() == null) {
      throw new IllegalArgumentException(
          PostgresServer.EXTERNAL + " should be like postgres://user:password@host:5432");
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
        "the server of " + PostgresServer.EXTERNAL + " is not ours to end");
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
  public String user() {
    return uri.getUserInfo().split(":", 2)[0];
  }

  @Override
  public String password() {
    String[] parts = uri.getUserInfo().split(":", 2);
    return parts.length == 2 ? parts[1] : "";
  }

  @Override
  public String logTail() {
    return "(the log of an external server is not known)";
  }
}
