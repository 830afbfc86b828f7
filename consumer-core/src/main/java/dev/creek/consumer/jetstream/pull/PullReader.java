package dev.creek.consumer.jetstream.pull;

import io.nats.client.ConnectionListener;
import io.nats.client.Message;
import io.nats.client.Options;
import java.util.function.Consumer;

/**
 * The way in which the messages of pull consumers come in. Requests, statuses and heartbeats are
 * the same in all ways, and so are the order of messages and their bounds, which the requests set.
 * Thread-safe.
 */
public interface PullReader {
  /**
   * Adds what this way needs to the options of a connection.
   *
   * @param listener of the connection
   */
  void prepare(Options.Builder options, ConnectionListener listener);

  /**
   * Takes in the messages of one consumer until the result is disposed.
   *
   * @param consumer its name
   * @param tables finds the tables of its messages
   * @param receiver of its messages
   * @param others takes everything else that comes to the consumer's subject, mainly statuses; on
   *     the thread of the client's dispatcher
   */
  PullIntake intake(
      String consumer, SubjectTable tables, PullReceiver receiver, Consumer<Message> others);

  /**
   * Bytes of a message until its receiver has it, besides those that the broker counts. A request
   * for messages leaves room for them.
   */
  int overheadBytes();
}
