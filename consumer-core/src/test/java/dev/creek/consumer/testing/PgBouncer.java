package dev.creek.consumer.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Collectors;

/**
 * A real PgBouncer before a server, a process of its own on loopback. It is the one of the Debian
 * package, which is fetched once into the test cache; where that cannot be had there is none.
 *
 * <p>All methods may be called from any thread; they block.
 */
public final class PgBouncer implements AutoCloseable {

  private static final DebianPackage PACKAGE =
      new DebianPackage("pgbouncer/debian", "pgbouncer", DebianPackage.OWN, "pgbouncer");

  private static final Duration START_LIMIT = Patience.LIMIT;
  private static final int PROBE_MILLIS = 500;

  private final PostgresServer server;
  private final Path folder;
  private final int port;
  private volatile ServerProcess process;

  private PgBouncer(PostgresServer server, Path folder, int port) {
    this.server = server;
    this.folder = folder;
    this.port = port;
    this.process = run(folder, port);
  }

  /** Why there is none on this machine; empty where there is one. */
  public static Optional<String> missing() {
    try {
      PACKAGE.unpacked();
      return Optional.empty();
    } catch (IllegalStateException | UncheckedIOException e) {
      return Optional.of("no PgBouncer: " + e.getMessage());
    }
  }

  /**
   * Starts one, with PgBouncer's own defaults.
   *
   * @param mode its {@code pool_mode}
   * @param settings lines of its section {@code [pgbouncer]}, which win over those defaults
   */
  public static PgBouncer before(PostgresServer server, String mode, String... settings) {
    return before(server, Map.of(server.user(), server.password()), mode, settings);
  }

  /**
   * The same.
   *
   * @param users roles of the server that it lets in, with their passwords there
   */
  public static PgBouncer before(
      PostgresServer server, Map<String, String> users, String mode, String... settings) {
    Path folder = Scratch.onDisk("pgbouncer");
    Path config = folder.resolve("pgbouncer.ini");
    int port = FreePort.find();
    try {
      Files.writeString(
          folder.resolve("users"),
          users.entrySet().stream()
              .map(user -> "\"%s\" \"%s\"\n".formatted(user.getKey(), user.getValue()))
              .collect(Collectors.joining()));
      Files.writeString(
          config,
          """
          [databases]
          * = host=%s port=%d
          [pgbouncer]
          listen_addr = 127.0.0.1
          listen_port = %d
          unix_socket_dir = %s
          unix_socket_mode = 0777
          auth_type = trust
          auth_file = %s
          pool_mode = %s
          %s
          """
              .formatted(
                  server.host(),
                  server.port(),
                  port,
                  folder,
                  folder.resolve("users"),
                  mode,
                  String.join("\n", settings)));
    } catch (IOException e) {
      throw new UncheckedIOException("could not write " + config, e);
    }
    // Whoever it is to run as may not reach the cache.
    Path programs = folder.resolve("programs");
    Commands.run(List.of("cp", "-Rp", PACKAGE.unpacked().toString(), programs.toString()));
    Unprivileged.giveAway(folder);
    return new PgBouncer(server, folder, port);
  }

  private static ServerProcess run(Path folder, int port) {
    Path programs = folder.resolve("programs");
    ServerProcess process =
        ServerProcess.start(
            "PgBouncer on port " + port,
            Unprivileged.command(
                List.of(
                    programs.resolve("pgbouncer").toString(),
                    folder.resolve("pgbouncer.ini").toString())),
            Map.of("LD_LIBRARY_PATH", programs.resolve(DebianPackage.LIBRARIES).toString()),
            folder.resolve("log"));
    process.awaitReady(() -> isListening(port), START_LIMIT);
    return process;
  }

  /** Ends it by SIGKILL, with all connections, and begins it again on the same port. */
  public void killAndStart() {
    process.kill();
    process = run(folder, port);
  }

  private static boolean isListening(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PROBE_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** The same database through this, for who has time. */
  public String uri(PostgresDatabase database) {
    return uri(database, server.user(), server.password());
  }

  /** The same for another role. */
  public String uri(PostgresDatabase database, String role, String password) {
    return "postgres://%s:%s@127.0.0.1:%d/%s?connect_timeout=60"
        .formatted(role, password, port, database.name());
  }

  /** The same through its Unix socket. */
  public String socketUri(PostgresDatabase database) {
    return "postgres://%s:%s@/%s?host=%s&port=%d&connect_timeout=60"
        .formatted(server.user(), server.password(), database.name(), folder, port);
  }

  /** The one value of a query, by another client: it gets whatever session is free. */
  public String ask(PostgresDatabase database, String sql) {
    var login = new Properties();
    login.setProperty("user", server.user());
    login.setProperty("password", server.password());
    login.setProperty("preferQueryMode", "simple");
    String url = "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, database.name());
    try (Connection connection = DriverManager.getConnection(url, login);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e.getMessage() + "\n" + process.logTail(), e);
    }
  }

  /** All that it has said since it was started last. */
  public String log() {
    try {
      return Files.readString(folder.resolve("log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.kill();
    Scratch.remove(folder);
  }
}
