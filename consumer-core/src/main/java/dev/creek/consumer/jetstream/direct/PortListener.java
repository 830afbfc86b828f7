package dev.creek.consumer.jetstream.direct;

import io.nats.client.Connection;
import io.nats.client.ConnectionListener;

/**
 * A connection listener that also carries the receivers to the {@link PacketPort}, which the client
 * creates and which gets nothing but the connection's options. Events go to the actual listener.
 */
record PortListener(ConnectionListener to, PacketReceivers receivers)
    implements ConnectionListener {
  @Override
  @Deprecated // in the client's interface, which still requires it
  public void connectionEvent(Connection connection, Events event) {
    to.connectionEvent(connection, event);
  }
}
