package dev.creek.consumer.jetstream.direct;

import io.nats.client.Connection;
import io.nats.client.ConnectionListener;

/** The one object of ours that the client hands to a {@link PacketPort}. */
record PortListener(ConnectionListener to, PacketReceivers receivers)
    implements ConnectionListener {
  @Override
  @Deprecated // by the client, which still asks for it
  public void connectionEvent(Connection connection, Events event) {
    to.connectionEvent(connection, event);
  }
}
