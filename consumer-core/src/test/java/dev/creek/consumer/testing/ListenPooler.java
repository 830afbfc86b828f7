package dev.creek.consumer.testing;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stands between a client and a PostgreSQL server, as a pooler that LISTEN does not work through.
 * Without TLS only. Close it.
 */
public final class ListenPooler implements AutoCloseable {

  /** How LISTEN fails. */
  public enum Manner {
    /** It is accepted, and no notification ever arrives. */
    SWALLOWS,
    /** Its connection is cut. */
    CUTS
  }

  private static final int NOTIFICATION = 'A';

  private final PostgresServer server;
  private final Manner manner;
  private final ServerSocket entrance;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  private ListenPooler(PostgresServer server, Manner manner, ServerSocket entrance) {
    this.server = server;
    this.manner = manner;
    this.entrance = entrance;
  }

  /** Before this server. */
  public static ListenPooler start(PostgresServer server, Manner manner) {
    try {
      var pooler =
          new ListenPooler(
              server, manner, new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
      run(pooler::accept);
      return pooler;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same database through this. */
  public String uri(PostgresDatabase database) {
    return "postgres://%s:%s@127.0.0.1:%d/%s?sslmode=disable"
        .formatted(server.user(), server.password(), entrance.getLocalPort(), database.name());
  }

  private interface Work {
    void run() throws IOException;
  }

  private static void run(Work work) {
    var thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                // One of the two sides is gone, or this was closed.
              }
            },
            "listen-pooler");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() throws IOException {
    while (true) {
      Socket client = entrance.accept();
      var behind = new Socket(server.host(), server.port());
      open.add(client);
      open.add(behind);
      run(() -> toServer(client, behind));
      run(() -> toClient(behind, client));
    }
  }

  private void toServer(Socket client, Socket behind) throws IOException {
    try (client;
        behind) {
      InputStream in = client.getInputStream();
      OutputStream out = behind.getOutputStream();
      byte[] chunk = new byte[8192];
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        String text = new String(chunk, 0, n, US_ASCII).toLowerCase(Locale.ROOT);
        if (manner == Manner.CUTS && text.contains("listen creek_consumer")) {
          return;
        }
        out.write(chunk, 0, n);
      }
    }
  }

  /** Message by message: a byte says what it is, four how long it is with these. */
  private void toClient(Socket behind, Socket client) throws IOException {
    try (client;
        behind) {
      var in = new DataInputStream(behind.getInputStream());
      OutputStream out = client.getOutputStream();
      for (int type = in.read(); type >= 0; type = in.read()) {
        int length = in.readInt();
        byte[] rest = in.readNBytes(length - Integer.BYTES);
        if (type != NOTIFICATION) {
          out.write(type);
          out.write(
              new byte[] {
                (byte) (length >>> 24), (byte) (length >>> 16), (byte) (length >>> 8), (byte) length
              });
          out.write(rest);
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    entrance.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
