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
 * Delivers messages on the connection's reading thread. The client receives everything else,
 * statuses too, and reports them through the queue of its dispatcher: so a status may be reported
 * after messages that followed it.
 */
public final class DirectPullReader implements PullReader {
  private final PacketReceivers receivers = new PacketReceivers();

  /** A reader for any number of connections, one after the other. */
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

  /** None: a message is copied once, from the socket's buffer to its receiver. */
  @Override
  public int overheadBytes() {
    return 0;
  }
}
