package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.testing.CapturedMessage;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.Subscription;
import io.nats.client.api.StreamInfoOptions;
import io.nats.client.api.Subject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Asks a producer as a consumer does, and keeps everything that comes back. */
final class Requests implements AutoCloseable {
  /** The real producers answer within 10 ms; where nothing comes there is nothing to wait for. */
  private static final Duration PATIENCE = Duration.ofMillis(700);

  private static final Duration BETWEEN_REPLIES = Duration.ofMillis(100);

  private final Connection connection;

  Requests(String natsUri) throws IOException, InterruptedException {
    this.connection = Nats.connect(natsUri);
  }

  /** All replies to a request. */
  List<String> ask(String subject, String text) throws InterruptedException {
    String inbox = connection.createInbox();
    Subscription subscription = connection.subscribe(inbox);
    connection.publish(subject, inbox, text.getBytes(UTF_8));
    var replies = new ArrayList<String>();
    for (Message reply = subscription.nextMessage(PATIENCE);
        reply != null;
        reply = subscription.nextMessage(BETWEEN_REPLIES)) {
      if (!reply.isStatusMessage()) {
        replies.add(new String(reply.getData(), UTF_8));
      }
    }
    subscription.unsubscribe();
    return replies;
  }

  /** Waits until a subject has messages and gets no more for a while. */
  void awaitQuiet(String stream, String subject) {
    long[] last = {-1};
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(150))
        .until(
            () -> {
              long now = count(stream, subject);
              boolean quiet = now > 0 && now == last[0];
              last[0] = now;
              return quiet;
            });
  }

  private long count(String stream, String subject) throws IOException, JetStreamApiException {
    var info =
        connection
            .jetStreamManagement()
            .getStreamInfo(stream, StreamInfoOptions.filterSubjects(subject));
    return info.getStreamState().getSubjects().stream().mapToLong(Subject::getCount).sum();
  }

  /** All messages of a subject. */
  List<CapturedMessage> read(String stream, String subject)
      throws IOException, JetStreamApiException {
    var context = connection.getStreamContext(stream);
    var messages = new ArrayList<CapturedMessage>();
    long count = count(stream, subject);
    for (long next = 1; messages.size() < count; ) {
      var message = context.getNextMessage(next, subject);
      messages.add(StreamReader.message(stream, message));
      next = message.getSeq() + 1;
    }
    return messages;
  }

  @Override
  public void close() throws InterruptedException {
    connection.close();
  }
}
