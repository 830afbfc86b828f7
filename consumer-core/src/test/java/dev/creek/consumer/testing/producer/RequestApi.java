package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.nats.client.Message;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Answers requests on a subject, in the manner of either generation. */
final class RequestApi {
  private static final byte[] ACK = "+ACK".getBytes(UTF_8);
  private static final int DEAF_SECONDS = 2;

  private final Connection connection;
  private final Dialect dialect;
  private final String subject;
  private final Answer answer;
  private final ScheduledExecutorService later;
  private @Nullable Dispatcher dispatcher;

  /** Makes the reply to a request; none where it cannot be answered. */
  interface Answer {
    Optional<String> to(String request) throws Exception;
  }

  private RequestApi(
      Connection connection,
      Dialect dialect,
      String subject,
      Answer answer,
      ScheduledExecutorService later) {
    this.connection = connection;
    this.dialect = dialect;
    this.subject = subject;
    this.answer = answer;
    this.later = later;
  }

  /** Answers requests until the connection is closed. */
  static void open(
      Connection connection,
      Dialect dialect,
      String subject,
      Answer answer,
      ScheduledExecutorService later) {
    var api = new RequestApi(connection, dialect, subject, answer, later);
    api.dispatcher = connection.createDispatcher(api::handle);
    api.dispatcher.subscribe(subject);
  }

  private void handle(Message request) {
    Optional<String> reply = reply(request);
    if (reply.isEmpty()) {
      if (dialect.has(Defect.API_DEAF_AFTER_BAD_REQUEST)) {
        dispatcher.unsubscribe(subject);
        var unused =
            later.schedule(() -> dispatcher.subscribe(subject), DEAF_SECONDS, TimeUnit.SECONDS);
      }
      return;
    }
    if (request.getReplyTo() != null) {
      connection.publish(request.getReplyTo(), reply.get().getBytes(UTF_8));
      if (!dialect.isOld()) {
        connection.publish(request.getReplyTo(), ACK);
      }
    }
  }

  private Optional<String> reply(Message request) {
    try {
      return answer.to(new String(request.getData(), UTF_8));
    } catch (Exception e) {
      return Optional.empty(); // neither does the real one say why
    }
  }
}
