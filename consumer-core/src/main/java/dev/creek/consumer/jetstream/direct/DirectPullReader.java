package dev.creek.consumer.jetstream.direct;

import dev.creek.consumer.jetstream.pull.PullIntake;
import dev.creek.consumer.jetstream.pull.PullReader;
import dev.creek.consumer.jetstream.pull.PullReceiver;
import dev.creek.consumer.jetstream.pull.SubjectTable;
import io.nats.client.ConnectionListener;
import io.nats.client.Message;
import io.nats.client.Options;
import java.util.function.Consumer;

/**
 * Messages come in on the connection's reading thread and past the client, which gets only what is
 * not a message: it hears of statuses later than of the messages around them.
 */
public final class DirectPullReader implements PullReader {
  private final PacketReceivers receivers = new PacketReceivers();

  /** For any number of connections, one after the other. */
  public DirectPullReader() {}

  @Override
  public void prepare(Options.Builder options, ConnectionListener listener) {
    options
        .connectionListener(new PortListener(listener, receivers))
        .dataPortType(PacketPort.class.getName());
  }

  @Override
  public PullIntake intake(
      String consumer, SubjectTable tables, PullReceiver receiver, Consumer<Message> others) {
    return new PullIntake(others::accept, receivers.register(consumer, tables, receiver));
  }

  /** Nothing: a message goes from the socket's buffer to its receiver. */
  @Override
  public int overheadBytes() {
    return 0;
  }
}
