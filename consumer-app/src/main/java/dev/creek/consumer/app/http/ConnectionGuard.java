package dev.creek.consumer.app.http;

import io.netty.channel.Channel;
import io.netty.handler.timeout.WriteTimeoutHandler;
import io.netty.util.AttributeKey;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.netty.http.server.HttpServerRequest;

/**
 * Limits the cost of slow, greedy or hostile clients: a number of connections at once, a deadline
 * for the request, and another for taking the answer. Thread-safe.
 */
final class ConnectionGuard {
  private static final AttributeKey<Boolean> REQUESTED =
      AttributeKey.valueOf(ConnectionGuard.class, "requested");

  private final int maxConnections;
  private final Duration requestLimit;
  private final Duration writeLimit;
  private final AtomicInteger open = new AtomicInteger();

  /**
   * @param requestLimit from the connection to the whole request, TLS included
   * @param writeLimit for each piece of an answer
   */
  ConnectionGuard(int maxConnections, Duration requestLimit, Duration writeLimit) {
    this.maxConnections = maxConnections;
    this.requestLimit = requestLimit;
    this.writeLimit = writeLimit;
  }

  /** Guards a new connection. */
  @SuppressWarnings("FutureReturnValueIgnored") // nobody waits for the end of a connection
  void admit(Channel channel) {
    boolean tooMany = open.incrementAndGet() > maxConnections;
    channel.closeFuture().addListener(closed -> open.decrementAndGet());
    if (tooMany) {
      channel.close();
      return;
    }
    channel
        .pipeline()
        .addFirst(new WriteTimeoutHandler(writeLimit.toMillis(), TimeUnit.MILLISECONDS));
    channel
        .eventLoop()
        .schedule(
            () -> {
              if (!channel.hasAttr(REQUESTED)) {
                channel.close();
              }
            },
            requestLimit.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  /** A whole request has come. */
  static void requested(HttpServerRequest request) {
    request.withConnection(connection -> connection.channel().attr(REQUESTED).set(true));
  }
}
