package dev.creek.consumer.testing;

import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.ClusterInfo;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Some nats-servers with JetStream that are one: streams may have replicas, and change leaders. */
public final class NatsCluster implements AutoCloseable {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

  private final List<NatsServer> servers = new ArrayList<>();

  private NatsCluster(int size) {
    List<Integer> ports = IntStream.range(0, size).mapToObj(i -> FreePort.find()).toList();
    String routes =
        ports.stream()
            .map("\"nats://127.0.0.1:%d\""::formatted)
            .collect(Collectors.joining(", ", "[", "]"));
    for (int port : ports) {
      servers.add(
          NatsServer.builder()
              .serverName("n" + servers.size())
              .option(
                  "cluster { name: creek, listen: \"127.0.0.1:%d\", routes: %s }"
                      .formatted(port, routes))
              .start());
    }
  }

  /** Starts so many; they have found each other when a stream can be created. */
  public static NatsCluster of(int size) {
    return new NatsCluster(size);
  }

  public List<NatsServer> servers() {
    return List.copyOf(servers);
  }

  /** All addresses, separated by commas. */
  public String uris() {
    return servers.stream().map(NatsServer::uri).collect(Collectors.joining(","));
  }

  /**
   * The server that leads this stream now.
   *
   * @throws IllegalStateException where none does, or nobody answers
   */
  public NatsServer leader(String stream) {
    Options options =
        Options.builder().server(uris()).connectionTimeout(CONNECT_LIMIT).noReconnect().build();
    try (Connection connection = Nats.connect(options)) {
      ClusterInfo info = connection.jetStreamManagement().getStreamInfo(stream).getClusterInfo();
      String leader = info == null ? null : info.getLeader();
      return IntStream.range(0, servers.size())
          .filter(i -> ("n" + i).equals(leader))
          .mapToObj(servers::get)
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("nobody leads " + stream));
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException("nobody tells who leads " + stream, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    servers.forEach(NatsServer::close);
  }
}
