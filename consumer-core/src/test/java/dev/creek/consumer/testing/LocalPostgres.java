package dev.creek.consumer.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A PostgreSQL process of our own, from the archives of the build. */
final class LocalPostgres implements PostgresRuntime {

  /** Crash recovery after a kill counts as starting. */
  private static final Duration START_LIMIT = Patience.LIMIT;

  private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

  /** The line of postmaster.pid that says how far the server is, as pg_ctl reads it. */
  private static final int STATUS_LINE = 7;

  private final PostgresBinaries binaries;
  private final Map<String, String> settings;
  private final Path folder;
  private final Path data;
  private final Path log;
  private final int port;
  private @Nullable ServerProcess process;

  LocalPostgres(int version, Map<String, String> settings, boolean inMemory) {
    this.binaries = PostgresBinaries.ofVersion(version);
    this.settings = settings;
    this.folder =
        inMemory ? Scratch.inMemory("postgres" + version) : Scratch.onDisk("postgres" + version);
    this.data = folder.resolve("data");
    this.log = folder.resolve("log");
    this.port = FreePort.find();
    binaries.copyEmptyCluster(data);
    Unprivileged.giveAway(folder);
  }

  @Override
  public void start() {
    if (isRunning()) {
      throw new IllegalStateException("PostgreSQL on port " + port + " is running already");
    }
    ServerProcess started =
        ServerProcess.start(
            "PostgreSQL on port " + port, command(), Map.of("LC_ALL", "C", "TZ", "UTC"), log);
    process = started;
    started.awaitReady(() -> isReady(started.pid()), START_LIMIT);
  }

  private List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(binaries.program("postgres"));
    command.add("-D");
    command.add(data.toString());
    set(command, "port", Integer.toString(port));
    set(command, "listen_addresses", "127.0.0.1");
    set(command, "unix_socket_directories", "");
    // In the data folder and not in /dev/shm, where a killed server would leave it.
    set(command, "dynamic_shared_memory_type", "mmap");
    settings.forEach((name, value) -> set(command, name, value));
    return Unprivileged.command(command);
  }

  private static void set(List<String> command, String name, String value) {
    command.add("-c");
    command.add(name + "=" + value);
  }

  /** After a kill the old file is still there until the new server replaces it. */
  private boolean isReady(long pid) {
    try {
      List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"));
      return lines.size() > STATUS_LINE
          && lines.get(0).equals(Long.toString(pid))
          && lines.get(STATUS_LINE).startsWith("ready");
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void stop() {
    if (process != null) {
      // Fast shutdown. SIGTERM would wait until the last client leaves by itself.
      process.stop("INT", STOP_LIMIT);
    }
  }

  @Override
  public void kill() {
    if (process != null) {
      process.kill();
    }
  }

  @Override
  public void close() {
    if (process != null) {
      // Immediate shutdown: no checkpoint for data that goes away, but shared memory is given back.
      process.stop("QUIT", STOP_LIMIT);
    }
    Scratch.remove(folder);
  }

  @Override
  public boolean canRestart() {
    return true;
  }

  @Override
  public boolean isRunning() {
    return process != null && process.isAlive();
  }

  @Override
  public OptionalLong pid() {
    return process != null && process.isAlive()
        ? OptionalLong.of(process.pid())
        : OptionalLong.empty();
  }

  @Override
  public String host() {
    return "127.0.0.1";
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public String user() {
    return PostgresBinaries.USER;
  }

  @Override
  public String password() {
    return PostgresBinaries.PASSWORD;
  }

  @Override
  public String logTail() {
    return ServerProcess.tail(log);
  }
}
