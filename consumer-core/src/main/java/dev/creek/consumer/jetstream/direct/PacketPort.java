package dev.creek.consumer.jetstream.direct;

import io.nats.client.Options;
import io.nats.client.impl.SocketDataPortWithWriteTimeout;
import java.io.IOException;

/**
 * The client's socket, with a {@link PacketFilter} for incoming bytes. It is public only because
 * the client creates one for each connection, by the name of the class.
 */
public final class PacketPort extends SocketDataPortWithWriteTimeout {
  private final byte[] received = new byte[1 << 16];
  private PacketFilter filter = new PacketFilter(new PacketReceivers());

  /** Called by the client. */
  public PacketPort() {}

  @Override
  public void afterConstruct(Options options) {
    super.afterConstruct(options);
    if (options.getConnectionListener() instanceof PortListener ours) {
      filter = new PacketFilter(ours.receivers());
    }
  }

  /** Blocks until bytes for the client arrive: messages that were taken out do not count. */
  @Override
  public int read(byte[] into, int at, int room) throws IOException {
    while (filter.rest().isEmpty()) {
      int length = super.read(received, 0, received.length);
      if (length <= 0) {
        return length;
      }
      filter.accept(received, length);
    }
    return filter.rest().take(into, at, room);
  }
}
