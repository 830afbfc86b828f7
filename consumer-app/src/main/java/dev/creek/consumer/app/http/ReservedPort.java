package dev.creek.consumer.app.http;

import dev.creek.consumer.text.ErrorWords;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.jspecify.annotations.Nullable;

/**
 * Reserves a port until the server listens on it. It uses a plain socket, because a server's
 * classes compete with those that the first row needs. Close it right before the server binds.
 */
final class ReservedPort implements AutoCloseable {
  /** Connections made before the server begins wait, and are then closed. */
  private static final int BACKLOG = 1;

  private final ServerSocket socket;

  private ReservedPort(ServerSocket socket) {
    this.socket = socket;
  }

  /**
   * Reserves the port. Blocks for a moment.
   *
   * @param port 0 for any free one
   * @throws IllegalStateException with a message for the user, if that fails
   */
  static ReservedPort take(String address, int port) {
    @Nullable ServerSocket socket = null;
    try {
      socket = new ServerSocket();
      socket.bind(new InetSocketAddress(InetAddress.getByName(address), port), BACKLOG);
      return new ReservedPort(socket);
    } catch (IOException e) {
      closeQuietly(socket);
      throw cannotListen(address, port, e);
    }
  }

  static IllegalStateException cannotListen(String address, int port, Throwable why) {
    return new IllegalStateException(
        "cannot listen on " + address + ":" + port + ": " + ErrorWords.described(why), why);
  }

  int port() {
    return socket.getLocalPort();
  }

  @Override
  public void close() {
    closeQuietly(socket);
  }

  private static void closeQuietly(@Nullable ServerSocket socket) {
    if (socket == null) {
      return;
    }
    try {
      socket.close();
    } catch (IOException e) {
      // It is free in any case.
    }
  }
}
