package dev.creek.consumer.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * One run of a server: from its start to its end. A restart is a new object. It outlives a
 * Control-C in the terminal, but not the JVM.
 */
public final class ServerProcess {

  private static final Duration POLL = Duration.ofMillis(5);
  private static final Duration KILL_LIMIT = Duration.ofSeconds(10);
  private static final int TAIL_LINES = 40;
  private static final List<String> FOREIGN =
      List.of("PG", "NATS_", "DB_", "LOG_", "PROMETHEUS_", "GENERATION", "LINGER", "BATCH_");

  private final String name;
  private final Process process;
  private final Path log;

  private ServerProcess(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /**
   * Starts the server; its output is appended to the log.
   *
   * @param name how messages call it
   * @param environment what is set in the server's environment beside our own, which loses what
   *     could mislead it
   */
  public static ServerProcess start(
      String name, List<String> command, Map<String, String> environment, Path log) {
    try {
      ProcessBuilder builder =
          new ProcessBuilder(OwnSession.command(command))
              .redirectErrorStream(true)
              .redirectOutput(Redirect.appendTo(log.toFile()));
      builder.environment().keySet().removeIf(ServerProcess::misleads);
      builder.environment().putAll(environment);
      Process process = builder.start();
      process.getOutputStream().close();
      Watchdog.instance().watch(process.pid());
      return new ServerProcess(name, process, log);
    } catch (IOException e) {
      throw new UncheckedIOException("could not start " + name + ": " + command, e);
    }
  }

  /** A user's PGDATA, NATS_URI, LOG_LEVEL and the like are not meant for the server. */
  private static boolean misleads(String variable) {
    return FOREIGN.stream().anyMatch(variable::startsWith);
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  public long pid() {
    return process.pid();
  }

  /** Waits until the server is ready; if it ends first or takes too long, throws with its log. */
  public void awaitReady(BooleanSupplier ready, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!ready.getAsBoolean()) {
      if (awaitExit(POLL)) {
        throw new IllegalStateException(
            "%s ended with exit code %d instead of starting:%n%s"
                .formatted(name, process.exitValue(), logTail()));
      }
      if (System.nanoTime() > deadline) {
        kill();
        throw new IllegalStateException(
            "%s was not ready after %s:%n%s".formatted(name, limit, logTail()));
      }
    }
  }

  /**
   * Waits for the process to end.
   *
   * @return its exit code; empty if it still runs after {@code limit}
   */
  public OptionalInt awaitEnd(Duration limit) {
    if (!awaitExit(limit)) {
      return OptionalInt.empty();
    }
    // Somebody else may have its number later.
    Watchdog.instance().forget(process.pid());
    return OptionalInt.of(process.exitValue());
  }

  /**
   * Asks the server to end by a signal and waits; one that does not obey is killed and throws.
   *
   * @param signal {@code "TERM"}, {@code "INT"} …
   */
  public void stop(String signal, Duration limit) {
    if (process.isAlive()) {
      signal(signal);
      if (!awaitExit(limit)) {
        kill();
        throw new IllegalStateException(
            "%s did not end within %s of SIG%s and was killed:%n%s"
                .formatted(name, limit, signal, logTail()));
      }
    }
    Watchdog.instance().forget(process.pid());
  }

  /**
   * SIGKILL to the server and to all its children, and waits for them: PostgreSQL refuses to start
   * on a folder as long as one backend of the killed server still runs. The server is halted first,
   * so that it has no child that is not in the list.
   */
  public void kill() {
    signal("STOP");
    List<ProcessHandle> children;
    try (Stream<ProcessHandle> descendants = process.descendants()) {
      children = descendants.toList();
    }
    process.destroyForcibly();
    children.forEach(ProcessHandle::destroyForcibly);
    boolean gone = awaitExit(KILL_LIMIT) && awaitDescendants(children);
    Watchdog.instance().forget(process.pid());
    if (!gone) {
      throw new IllegalStateException(name + " survived SIGKILL");
    }
  }

  /** SIGSTOP: it is there and does nothing, until {@link #resume}. */
  public void pause() {
    signal("STOP");
  }

  /** SIGCONT. */
  public void resume() {
    signal("CONT");
  }

  private void signal(String signal) {
    Commands.attempt(List.of("kill", "-" + signal, Long.toString(process.pid())), Map.of());
  }

  private static boolean awaitDescendants(List<ProcessHandle> children) {
    try {
      long deadline = System.nanoTime() + KILL_LIMIT.toNanos();
      while (children.stream().anyMatch(ServerProcess::isRunning)) {
        if (System.nanoTime() > deadline) {
          return false;
        }
        TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** In a container whose first process reaps nobody, an orphan stays a zombie: that is no life. */
  private static boolean isRunning(ProcessHandle child) {
    if (!child.isAlive()) {
      return false;
    }
    try {
      return !Files.readString(Path.of("/proc", Long.toString(child.pid()), "stat"))
          .contains(") Z ");
    } catch (IOException e) {
      return child.isAlive();
    }
  }

  public String logTail() {
    return tail(log);
  }

  static String tail(Path log) {
    try {
      List<String> lines = Files.readString(log, UTF_8).lines().toList();
      List<String> last = lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size());
      return String.join(System.lineSeparator(), last);
    } catch (IOException e) {
      return "(no log: " + e.getMessage() + ")";
    }
  }

  private boolean awaitExit(Duration limit) {
    try {
      return process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for " + name, e);
    }
  }
}
