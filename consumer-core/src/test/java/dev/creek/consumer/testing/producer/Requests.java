package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.testing.CapturedMessage;
import dev.creek.consumer.testing.Patience;
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
    return ask(subject, text, Integer.MAX_VALUE);
  }

  /** The replies to a request; does not wait for more than so many. */
  List<String> ask(String subject, String text, int atMost) throws InterruptedException {
    String inbox = connection.createInbox();
    Subscription subscription = connection.subscribe(inbox);
    connection.publish(subject, inbox, text.getBytes(UTF_8));
    var replies = new ArrayList<String>();
    Message reply = subscription.nextMessage(PATIENCE);
    while (reply != null) {
      if (!reply.isStatusMessage()) {
        replies.add(new String(reply.getData(), UTF_8));
      }
      reply = replies.size() < atMost ? subscription.nextMessage(BETWEEN_REPLIES) : null;
    }
    subscription.unsubscribe();
    return replies;
  }

  /** Asks again and again until there are replies, and returns those. */
  List<String> askUntilAnswered(String subject, String text) {
    return await().atMost(Patience.LIMIT).until(() -> ask(subject, text), r -> !r.isEmpty());
  }

  /** Waits until a subject has that many messages. */
  void awaitMessages(String stream, String subject, long messages) {
    await()
        .atMost(Patience.LIMIT)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> count(stream, subject) >= messages);
  }

  List<String> streams() throws IOException, JetStreamApiException {
    return connection.jetStreamManagement().getStreamNames();
  }

  /** A stream's configuration as the server tells it. */
  String streamConfiguration(String stream) throws InterruptedException {
    String reply = ask("$JS.API.STREAM.INFO." + stream, "", 1).get(0);
    return GoldenSchemas.json(reply).get("config").toString();
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
