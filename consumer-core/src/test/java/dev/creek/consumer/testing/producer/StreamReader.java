package dev.creek.consumer.testing.producer;

import dev.creek.consumer.testing.CapturedMessage;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.Nats;
import io.nats.client.api.MessageInfo;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads whole streams, as the captures were made. */
final class StreamReader {
  private StreamReader() {}

  /** All messages of a stream. */
  static List<CapturedMessage> read(String natsUri, String stream)
      throws IOException, JetStreamApiException, InterruptedException {
    try (Connection connection = Nats.connect(natsUri)) {
      var context = connection.getStreamContext(stream);
      var state = context.getStreamInfo().getStreamState();
      var messages = new ArrayList<CapturedMessage>();
      for (long seq = state.getFirstSequence(); seq <= state.getLastSequence(); seq++) {
        messages.add(message(stream, context.getMessage(seq)));
      }
      return messages;
    }
  }

  static CapturedMessage message(String stream, MessageInfo message) {
    Map<String, List<String>> headers = new HashMap<>();
    Headers of = message.getHeaders();
    if (of != null) {
      of.forEach((name, values) -> headers.put(name, List.copyOf(values)));
    }
    return new CapturedMessage(
        stream,
        message.getSeq(),
        message.getTime().toInstant(),
        message.getSubject(),
        headers,
        message.getData() == null ? new byte[0] : message.getData());
  }
}
