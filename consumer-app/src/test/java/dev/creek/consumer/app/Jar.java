package dev.creek.consumer.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.creek.consumer.testing.Patience;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The packaged jar in a process of its own, as a user runs it. Close it: it dies with the test. */
final class Jar implements AutoCloseable {
  private static final Duration PATIENCE = Patience.LIMIT;

  private final Process process;
  private final Output out;
  private final Output err;

  private Jar(Process process) {
    this.process = process;
    this.out = new Output(process.getInputStream());
    this.err = new Output(process.getErrorStream());
  }

  /** Starts it with these variables and none of ours. */
  static Jar start(List<String> jvm, Map<String, String> environment, String... arguments) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvm);
    command.addAll(List.of("-jar", System.getProperty("creek.jar")));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().putAll(environment);
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      return new Jar(process);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs it to its end. */
  static Jar run(Map<String, String> environment, String... arguments) {
    Jar jar = start(List.of(), environment, arguments);
    jar.exitCode();
    return jar;
  }

  String out() {
    return out.text();
  }

  String err() {
    return err.text();
  }

  /** Its command line, as everybody on the machine can read it. */
  String commandLine() {
    return process.info().commandLine().orElseThrow();
  }

  boolean isRunning() {
    return process.isAlive();
  }

  /** Sends a signal: TERM, INT. */
  void signal(String name) throws IOException, InterruptedException {
    var kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  Jar awaitLog(String text) {
    await()
        .atMost(PATIENCE)
        .failFast("it ended without saying so", () -> !process.isAlive() && !err().contains(text))
        .until(() -> err().contains(text));
    return this;
  }

  /** Waits for its end and for all that it said. */
  int exitCode() {
    try {
      if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("it still runs; its log: " + err());
      }
      out.await();
      err.await();
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  @Override
  public String toString() {
    return "standard output:\n" + out() + "\nstandard error:\n" + err();
  }

  /** Reads a stream while it comes, so that the process never waits for us. */
  private static final class Output {
    private final StringBuilder text = new StringBuilder();
    private final Thread reader;

    Output(InputStream stream) {
      reader = new Thread(() -> read(stream), "jar-output");
      reader.setDaemon(true);
      reader.start();
    }

    private void read(InputStream stream) {
      try (var lines = new java.io.InputStreamReader(stream, UTF_8)) {
        char[] chunk = new char[4096];
        for (int n = lines.read(chunk); n >= 0; n = lines.read(chunk)) {
          synchronized (text) {
            text.append(chunk, 0, n);
          }
        }
      } catch (IOException e) {
        // The process was destroyed.
      }
    }

    void await() throws InterruptedException {
      reader.join();
    }

    String text() {
      synchronized (text) {
        return text.toString();
      }
    }
  }
}
