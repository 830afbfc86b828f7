package dev.creek.consumer.testing;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;

/**
 * A real nats-server with JetStream for tests, the demo and the benchmark: a process of its own on
 * loopback, on a port that it keeps when it is started again.
 *
 * <p>The program is the one that {@code NATS_SERVER} names (a variable or a system property), else
 * the one on PATH, else the one of the Debian package, which is fetched once into the test cache,
 * else a container. {@code CREEK_TEST_NATS_URI} names a server to use instead, which is then not
 * ours to end; {@code CREEK_TEST_CONTAINERS=true} takes a container at once. Neither {@linkplain
 * #canRestart can restart}.
 *
 * <p>All methods may be called from any thread; they block.
 */
public final class NatsServer implements AutoCloseable {

  static final String EXTERNAL = "CREEK_TEST_NATS_URI";

  private final NatsRuntime runtime;

  private NatsServer(NatsRuntime runtime) {
    this.runtime = runtime;
  }

  /** A builder of a server with JetStream and an empty store of its own. */
  public static Builder builder() {
    return new Builder();
  }

  public String host() {
    return runtime.host();
  }

  public int port() {
    return runtime.port();
  }

  /** Why there is no {@linkplain Builder#oldest oldest server} here; empty where there is one. */
  public static Optional<String> oldestMissing() {
    try {
      NatsBinary.oldest();
      return Optional.empty();
    } catch (IllegalStateException | UncheckedIOException e) {
      return Optional.of("no nats-server 2.9: " + e.getMessage());
    }
  }

  /** {@code nats://host:port}. */
  public String uri() {
    return "nats://%s:%d".formatted(host(), port());
  }

  /** {@code http://host:port} of the monitoring pages ({@code /varz}, {@code /jsz} …). */
  public String monitoringUri() {
    return "http://%s:%d".formatted(host(), runtime.monitoringPort());
  }

  /** The folder in which JetStream keeps its streams. */
  public Path storeDir() {
    return runtime.storeDir();
  }

  /**
   * Starts the server again after {@link #stop} or {@link #kill}, on the same port and store, and
   * returns when it greets clients.
   */
  public synchronized NatsServer start() {
    runtime.start();
    return this;
  }

  /** Ends the server in order. */
  public synchronized void stop() {
    runtime.stop();
  }

  /** Ends the server by SIGKILL. */
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

  /** The server's process, for measurements; empty if it is not a process of this machine. */
  public synchronized OptionalLong pid() {
    return runtime.pid();
  }

  /** The last lines of the server's log. */
  public String logTail() {
    return runtime.logTail();
  }

  /** Ends the server and removes its store, unless the store was given. */
  @Override
  public synchronized void close() {
    runtime.close();
  }

  @Override
  public String toString() {
    return "nats-server on " + uri();
  }

  /** What was asked of the builder; the runtimes fill in what was left open. */
  record Options(
      @Nullable Path storeDir,
      @Nullable String serverName,
      boolean onDisk,
      List<String> lines,
      List<String> jetStreamLines) {}

  /** What a server is to be like. */
  public static final class Builder {

    private @Nullable Path storeDir;
    private @Nullable String serverName;
    private boolean onDisk;
    private boolean oldest;
    private final List<String> lines = new ArrayList<>();
    private final List<String> jetStreamLines = new ArrayList<>();

    private Builder() {}

    /**
     * The folder in which JetStream keeps its streams, as a recorded store for example: the one
     * that has a folder {@code jetstream} in it. The server writes to it and does not remove it.
     */
    public Builder storeDir(Path folder) {
      this.storeDir = folder;
      return this;
    }

    /** The largest message that the server takes; its default is 1 MiB. */
    public Builder maxPayload(int bytes) {
      return option("max_payload: " + bytes);
    }

    /** The name of the server; without it, one that no other has. */
    public Builder serverName(String name) {
      this.serverName = name;
      return this;
    }

    /** Keeps the store on disk, as in production; without it, in memory where there is room. */
    public Builder onDisk() {
      this.onDisk = true;
      return this;
    }

    /**
     * Takes the oldest server that is supported, 2.9, whatever else is there; {@link
     * NatsServer#oldestMissing} tells whether it can be had.
     */
    public Builder oldest() {
      this.oldest = true;
      return this;
    }

    /** A line of the server's configuration file. */
    public Builder option(String line) {
      lines.add(line);
      return this;
    }

    /** A line of the {@code jetstream} block of that file, as {@code "sync_interval: always"}. */
    public Builder jetStreamOption(String line) {
      jetStreamLines.add(line);
      return this;
    }

    /** Starts the server; returns when it greets clients. */
    public NatsServer start() {
      NatsServer server = new NatsServer(runtime());
      try {
        return server.start();
      } catch (RuntimeException e) {
        server.close();
        throw e;
      }
    }

    private NatsRuntime runtime() {
      Options options =
          new Options(
              storeDir, serverName, onDisk, List.copyOf(lines), List.copyOf(jetStreamLines));
      if (oldest) {
        return new LocalNats(NatsBinary.oldest(), options);
      }
      @Nullable String external = Settings.text(EXTERNAL);
      if (external != null) {
        return new ExternalNats(external);
      }
      if (Settings.containers()) {
        return new ContainerNats(options);
      }
      NatsBinary.Search search = NatsBinary.find();
      // Asking for Docker takes long and writes much to the log: only when nothing else is left.
      return search.found() == null && DockerClientFactory.instance().isDockerAvailable()
          ? new ContainerNats(options)
          : new LocalNats(search.orThrow(), options);
    }
  }
}
