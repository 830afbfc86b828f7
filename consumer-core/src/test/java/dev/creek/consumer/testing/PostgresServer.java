package dev.creek.consumer.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLEncoder;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL for tests, the demo and the benchmark: a process of its own on loopback, on a
 * port that it keeps when it is started again.
 *
 * <p>Normally it runs from the archives that the build keeps in the test cache. {@code
 * CREEK_TEST_POSTGRES_URI} (a variable or a system property) names a server to use instead, which
 * is then not ours to end; {@code CREEK_TEST_CONTAINERS=true} takes a container. Neither
 * {@linkplain #canRestart can restart}.
 *
 * <p>All methods may be called from any thread; they block.
 */
public final class PostgresServer implements AutoCloseable {

  static final String EXTERNAL = "CREEK_TEST_POSTGRES_URI";

  /** Databases on an external server outlive this JVM, so their names must not come again. */
  private static final String RUN = Long.toString(System.currentTimeMillis(), 36);

  private static final AtomicInteger DATABASES = new AtomicInteger();

  private final int version;
  private final PostgresRuntime runtime;

  private PostgresServer(int version, PostgresRuntime runtime) {
    this.version = version;
    this.runtime = runtime;
  }

  /** A builder of a server of the default version with logical replication possible. */
  public static Builder builder() {
    return new Builder();
  }

  /** The major versions that {@link Builder#version} takes. */
  public static List<Integer> versions() {
    return PostgresBinaries.majorVersions();
  }

  /** The major version that was asked for; an external server may have another. */
  public int version() {
    return version;
  }

  public String host() {
    return runtime.host();
  }

  public int port() {
    return runtime.port();
  }

  public String user() {
    return runtime.user();
  }

  public String password() {
    return runtime.password();
  }

  /** {@code postgres://user:password@host:port/database}. */
  public String uri(String database) {
    return "postgres://%s:%s@%s:%d/%s"
        .formatted(encoded(user()), encoded(password()), host(), port(), encoded(database));
  }

  /** The same for pgjdbc, with user and password. */
  public String jdbcUrl(String database) {
    return "jdbc:postgresql://%s:%d/%s?user=%s&password=%s"
        .formatted(host(), port(), encoded(database), encoded(user()), encoded(password()));
  }

  private static String encoded(String part) {
    return URLEncoder.encode(part, UTF_8).replace("+", "%20");
  }

  /** A database of this server, which need not exist yet. */
  public PostgresDatabase database(String name) {
    return new PostgresDatabase(this, name);
  }

  /** Creates an empty database. */
  public PostgresDatabase createDatabase(String name) {
    execute("postgres", "create database \"" + name + "\"");
    return database(name);
  }

  /** Creates an empty database with a name that no other has. */
  public PostgresDatabase createDatabase() {
    return createDatabase("test_" + RUN + "_" + DATABASES.incrementAndGet());
  }

  /** Runs each statement in a transaction of its own, all on one new connection. */
  public void execute(String database, String... sql) {
    database(database).execute(sql);
  }

  /** The rows of a query, each value as PostgreSQL writes it; null for a null. */
  public List<List<@Nullable String>> query(String database, String sql) {
    return database(database).query(sql);
  }

  /**
   * Starts the server again after {@link #stop} or {@link #kill}, on the same port and data, and
   * returns when it takes connections.
   */
  public synchronized PostgresServer start() {
    runtime.start();
    return this;
  }

  /** Ends the server in order; clients are cut off. */
  public synchronized void stop() {
    runtime.stop();
  }

  /** Ends the server and all its backends by SIGKILL, all at the same moment. */
  public synchronized void kill() {
    runtime.kill();
  }

  /** {@link #stop} and {@link #start}. */
  public synchronized void restart() {
    runtime.stop();
    runtime.start();
  }

  /** Whether {@link #stop}, {@link #kill} and {@link #restart} work. */
  public boolean canRestart() {
    return runtime.canRestart();
  }

  public synchronized boolean isRunning() {
    return runtime.isRunning();
  }

  /** The postmaster's process, for measurements; empty if it is not a process of this machine. */
  public synchronized OptionalLong pid() {
    return runtime.pid();
  }

  /** The last lines of the server's log. */
  public String logTail() {
    return runtime.logTail();
  }

  /** Ends the server and removes its data. */
  @Override
  public synchronized void close() {
    runtime.close();
  }

  @Override
  public String toString() {
    return "PostgreSQL %d on %s:%d".formatted(version, host(), port());
  }

  /** What a server is to be like. */
  public static final class Builder {

    private int version = Settings.integer("CREEK_TEST_POSTGRES_VERSION", 17);
    private boolean fsync;
    private final Map<String, String> settings = new HashMap<>();

    private Builder() {
      settings.put("wal_level", "logical");
    }

    /**
     * The major version, one of {@link #versions}. Without it {@code CREEK_TEST_POSTGRES_VERSION}
     * says, else it is 17.
     */
    public Builder version(int major) {
      this.version = major;
      return this;
    }

    /** A setting of the server, as in postgresql.conf. */
    public Builder setting(String name, String value) {
      settings.put(name, value);
      return this;
    }

    /**
     * Whether the server waits for the disk, as in production. Off, the data also lives in memory
     * where there is room; killing the server loses nothing either way, as the system survives (and
     * as commits stay synchronous: without that they would be lost from the server's own buffers).
     */
    public Builder fsync(boolean on) {
      this.fsync = on;
      return this;
    }

    /** Starts the server; returns when it takes connections. */
    public PostgresServer start() {
      PostgresServer server = new PostgresServer(version, runtime());
      try {
        return server.start();
      } catch (RuntimeException e) {
        server.close();
        throw e;
      }
    }

    private PostgresRuntime runtime() {
      @Nullable String external = Settings.text(EXTERNAL);
      if (external != null) {
        return new ExternalPostgres(external);
      }
      Map<String, String> all = new LinkedHashMap<>();
      all.put("fsync", fsync ? "on" : "off");
      all.put("full_page_writes", fsync ? "on" : "off");
      all.put("log_line_prefix", "%m %p %a ");
      all.put("timezone", "UTC");
      all.putAll(settings);
      return Settings.containers()
          ? new ContainerPostgres(version, all)
          : new LocalPostgres(version, all, !fsync);
    }
  }
}
