package dev.creek.consumer.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A port of its own in front of a server's, on loopback: a network that can be made bad. What it is
 * told holds for connections that are there and for new ones.
 *
 * <p>All methods may be called from any thread.
 */
public final class TcpProxy implements AutoCloseable {
  private static final int BUFFER_BYTES = 8192;
  private static final int CONNECT_MILLIS = 2000;
  private static final long POLL_NANOS = 5_000_000;

  /** What becomes of a connection's bytes. */
  private enum Mode {
    PASS,
    /** Nothing passes, and nobody is told. */
    SILENT,
    /** Connections are closed, and new ones, too. */
    CUT
  }

  private final InetSocketAddress server;
  private final ServerSocket listening;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicLong connections = new AtomicLong();
  private volatile Mode mode = Mode.PASS;
  private volatile long delayNanos;
  private volatile long bytesPerSecond = Long.MAX_VALUE;

  private TcpProxy(InetSocketAddress server) throws IOException {
    this.server = server;
    this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    daemon("tcp-proxy-accept", this::accept);
  }

  /** Listens on a free port. */
  public static TcpProxy to(String host, int port) {
    try {
      return new TcpProxy(new InetSocketAddress(host, port));
    } catch (IOException e) {
      throw new UncheckedIOException("no proxy to " + host + ":" + port, e);
    }
  }

  public int port() {
    return listening.getLocalPort();
  }

  /** Connections that have been made so far. */
  public long connections() {
    return connections.get();
  }

  /** Everything passes at once again. */
  public void heal() {
    delayNanos = 0;
    bytesPerSecond = Long.MAX_VALUE;
    mode = Mode.PASS;
  }

  /** Closes all connections; new ones are let in. */
  public void drop() {
    open.forEach(TcpProxy::close);
  }

  /** Closes all connections, and new ones as soon as they come, until {@link #heal}. */
  public void cut() {
    mode = Mode.CUT;
    drop();
  }

  /**
   * Lets nothing pass and says nothing, as when a cable is pulled; what was sent meanwhile passes
   * after {@link #heal}.
   */
  public void silence() {
    mode = Mode.SILENT;
  }

  /** Holds back each piece for so long. */
  public void delay(Duration by) {
    delayNanos = by.toNanos();
  }

  /** Lets no more pass than so much, by each connection and direction. */
  public void throttle(long maxBytesPerSecond) {
    bytesPerSecond = maxBytesPerSecond;
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        connect(listening.accept());
      } catch (IOException e) {
        // The client or the server is gone; the next one may find it again.
      }
    }
  }

  private void connect(Socket client) throws IOException {
    if (mode == Mode.CUT) {
      client.close();
      return;
    }
    Socket upstream = new Socket();
    try {
      upstream.connect(server, CONNECT_MILLIS);
    } catch (IOException e) {
      client.close();
      throw e;
    }
    client.setTcpNoDelay(true);
    upstream.setTcpNoDelay(true);
    open.add(client);
    open.add(upstream);
    connections.incrementAndGet();
    daemon("tcp-proxy-up", () -> pass(client, upstream));
    daemon("tcp-proxy-down", () -> pass(upstream, client));
    if (mode == Mode.CUT) {
      drop();
    }
  }

  private void pass(Socket from, Socket to) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        hold(read);
        out.write(buffer, 0, read);
      }
    } catch (IOException e) {
      // Closed, by one of the two or by us.
    } finally {
      close(from);
      close(to);
      open.remove(from);
      open.remove(to);
    }
  }

  private void hold(int bytes) {
    if (delayNanos > 0) {
      LockSupport.parkNanos(delayNanos);
    }
    if (bytesPerSecond < Long.MAX_VALUE) {
      LockSupport.parkNanos(bytes * 1_000_000_000L / bytesPerSecond);
    }
    while (mode == Mode.SILENT) {
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  private static void daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // Closed is closed.
    }
  }

  @Override
  public void close() {
    try {
      listening.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    heal();
    drop();
  }
}
