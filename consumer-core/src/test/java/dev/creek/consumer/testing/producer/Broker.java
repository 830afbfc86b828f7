package dev.creek.consumer.testing.producer;

import io.nats.client.Connection;
import io.nats.client.JetStream;
import io.nats.client.JetStreamApiException;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.PublishAck;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One connection to NATS, for as long as it holds: it does not reconnect. A connection that came
 * back would publish what is new before what was lost with the old one, and leave a hole in the
 * stream; a new one starts again at what was not acknowledged.
 */
final class Broker implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final String MESSAGE_ID = "Nats-Msg-Id";

  private final Connection connection;
  private final JetStream jetStream;

  private Broker(Connection connection) throws IOException {
    this.connection = connection;
    this.jetStream = connection.jetStream();
  }

  static Broker connect(String uri, String name) throws IOException, InterruptedException {
    var options =
        Options.builder()
            .server(uri)
            .connectionName(name)
            .noReconnect()
            .connectionTimeout(TIMEOUT)
            .errorListener(new QuietListener())
            .build();
    return new Broker(Nats.connect(options));
  }

  Connection connection() {
    return connection;
  }

  long maxPayload() {
    return connection.getMaxPayload();
  }

  /** Creates the streams that are not there, and adds missing subjects to those that are. */
  void ensureStreams(Streams streams)
      throws IOException, JetStreamApiException, InterruptedException {
    var management = connection.jetStreamManagement();
    for (Streams.Kind kind : Streams.Kind.values()) {
      streams.ensure(management, kind);
    }
  }

  /** Publishes a packet; the future ends with JetStream's acknowledgement. */
  CompletableFuture<PublishAck> publish(
      String subject, @Nullable String messageId, byte[] payload) {
    try {
      return messageId == null
          ? jetStream.publishAsync(subject, payload)
          : jetStream.publishAsync(subject, new Headers().add(MESSAGE_ID, messageId), payload);
    } catch (IllegalStateException e) {
      return CompletableFuture.failedFuture(e); // the connection is closed
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
