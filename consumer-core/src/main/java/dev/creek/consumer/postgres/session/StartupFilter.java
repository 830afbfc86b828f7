package dev.creek.consumer.postgres.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import java.util.Locale;
import java.util.Set;

/**
 * Removes from a connection's start-up message what a pooler refuses: only parameters stay that
 * PgBouncer keeps for a client in each of its modes. The filter removes itself once that message
 * has passed.
 */
final class StartupFilter extends ChannelOutboundHandlerAdapter {
  /** Major version of the protocol, the upper half of the second number of the message. */
  private static final int PROTOCOL = 3;

  private static final int VERSION_AT = Integer.BYTES;
  private static final int HEAD_BYTES = 2 * Integer.BYTES;

  private static final Set<String> KEPT =
      Set.of("user", "database", "application_name", "client_encoding", "datestyle", "timezone");

  /** The next handler's write returns the promise, which the caller has. */
  @Override
  @SuppressWarnings("FutureReturnValueIgnored")
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (message instanceof ByteBuf bytes && isStartup(bytes)) {
      context.pipeline().remove(this);
      context.write(filtered(bytes, context), promise);
    } else {
      context.write(message, promise);
    }
  }

  /** As opposed to a request for TLS, which comes before it, and has its own version number. */
  private static boolean isStartup(ByteBuf bytes) {
    int start = bytes.readerIndex();
    return bytes.readableBytes() > HEAD_BYTES
        && bytes.getInt(start) == bytes.readableBytes()
        && bytes.getShort(start + VERSION_AT) == PROTOCOL;
  }

  /** Takes over the message: releases it. */
  private static ByteBuf filtered(ByteBuf bytes, ChannelHandlerContext context) {
    ByteBuf kept = context.alloc().buffer(bytes.readableBytes());
    try {
      kept.writeInt(0).writeInt(bytes.getInt(bytes.readerIndex() + VERSION_AT));
      bytes.skipBytes(HEAD_BYTES);
      while (bytes.isReadable() && bytes.getByte(bytes.readerIndex()) != 0) {
        String name = string(bytes);
        String value = string(bytes);
        if (KEPT.contains(name.toLowerCase(Locale.ROOT))) {
          kept.writeCharSequence(name, UTF_8);
          kept.writeByte(0).writeBytes(value.getBytes(UTF_8)).writeByte(0);
        }
      }
      kept.writeByte(0);
      return kept.setInt(0, kept.readableBytes());
    } finally {
      bytes.release();
    }
  }

  /** Up to the zero byte that ends it. */
  private static String string(ByteBuf bytes) {
    String text = bytes.readCharSequence(bytes.bytesBefore((byte) 0), UTF_8).toString();
    bytes.skipBytes(1);
    return text;
  }
}
