package dev.creek.consumer;

import dev.creek.consumer.testing.CapturedMessage;
import dev.creek.consumer.testing.GoldenCapture;
import dev.creek.consumer.testing.NatsServer;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.api.PublishAck;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.impl.Headers;
import io.nats.client.impl.NatsMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Stores captured messages in streams like those that they were captured from. */
final class GoldenPublisher implements AutoCloseable {
  private static final String MESSAGE_ID = "Nats-Msg-Id";

  private final Connection connection;
  private final Set<String> messageIds = new HashSet<>();

  /**
   * Makes the streams.
   *
   * @param kinds {@code wal}, {@code schema}, {@code snap}
   */
  GoldenPublisher(NatsServer server, GoldenCapture capture, List<String> kinds) {
    try {
      connection = Nats.connect(server.uri());
      for (String kind : kinds) {
        String config = capture.streamState(kind).get("config").toString();
        connection.jetStreamManagement().addStream(StreamConfiguration.instance(config));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns when it is stored. */
  PublishAck store(CapturedMessage captured) {
    try {
      var ack = connection.jetStream().publish(message(captured));
      if (ack.isDuplicate()) {
        throw new IllegalStateException("taken for a duplicate: " + captured.sequence());
      }
      return ack;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (JetStreamApiException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * With its headers, but an id only where it is the first of its kind: ids that were minutes apart
   * are now within one window, and the broker would drop the second message.
   */
  private Message message(CapturedMessage captured) {
    var headers = new Headers();
    captured
        .headers()
        .forEach(
            (name, values) -> {
              if (!name.equals(MESSAGE_ID) || messageIds.add(captured.stream() + values)) {
                headers.put(name, values);
              }
            });
    return NatsMessage.builder()
        .subject(captured.subject())
        .headers(headers)
        .data(captured.payload())
        .build();
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
