package dev.creek.consumer.machine;

import dev.creek.consumer.api.Grouping;
import dev.creek.consumer.testing.NatsServer;
import dev.creek.consumer.testing.PostgresServer;
import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What all cases share: two PostgreSQL servers and a broker. Each case has databases, a slot and
 * streams of its own there.
 */
final class Servers implements AutoCloseable {
  /** The role of services that own nothing. */
  static final String ROLE = "machine_service";

  private static final AtomicInteger CASES = new AtomicInteger();

  private final Grouping grouping;
  private final PostgresServer source = PostgresServer.builder().start();
  private final PostgresServer target = PostgresServer.builder().start();
  private final NatsServer nats = NatsServer.builder().start();
  private final Connection connection;

  /**
   * @param grouping of all services
   */
  Servers(Grouping grouping) {
    this.grouping = grouping;
    target.execute("postgres", "create role " + ROLE + " login password '" + ROLE + "'");
    try {
      connection =
          Nats.connect(
              Options.builder()
                  .server(nats.uri())
                  .maxReconnects(-1)
                  .errorListener(new ErrorListener() {})
                  .build());
    } catch (IOException e) {
      throw new IllegalStateException("no connection to nats-server", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  Grouping grouping() {
    return grouping;
  }

  PostgresServer source() {
    return source;
  }

  PostgresServer target() {
    return target;
  }

  String natsUri() {
    return nats.uri();
  }

  JetStreamManagement streams() throws IOException {
    return connection.jetStreamManagement();
  }

  /** A namespace on the wire that no other case has. */
  static String newNamespace() {
    return "M" + CASES.incrementAndGet();
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    nats.close();
    target.close();
    source.close();
  }
}
