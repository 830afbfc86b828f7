package dev.creek.consumer.app.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.creek.consumer.testing.Failpoints;
import dev.creek.consumer.testing.Scratch;
import dev.creek.consumer.testing.ServerProcess;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One run of the packaged jar in a JVM of its own: {@code serve}, or a short command. Its output,
 * standard error included, goes to a log. It does not outlive this JVM, and sees none of our
 * variables that would configure it.
 *
 * <p>The jar is the one that the property {@value #JAR} names, else {@code target} of this module.
 *
 * <p>All methods may be called from any thread; those that wait block.
 */
public final class ServiceProcess implements AutoCloseable {

  static final String JAR = "creek.jar";

  private static final Duration POLL = Duration.ofMillis(10);

  private final ServerProcess process;
  private final Path folder;
  private final Path log;

  private ServiceProcess(ServerProcess process, Path folder, Path log) {
    this.process = process;
    this.folder = folder;
    this.log = log;
  }

  /** A run with these arguments: a command and its options. */
  public static Builder of(String... arguments) {
    return new Builder(List.of(arguments));
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** All that it has printed so far. */
  public String log() {
    try {
      return Files.readString(log, UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("could not read the service's log", e);
    }
  }

  /** The last lines of that. */
  public String logTail() {
    return process.logTail();
  }

  /**
   * Waits for a line in which the pattern is found; one that is there already counts.
   *
   * @return the line
   * @throws IllegalStateException with the log's tail, if it ends first or takes too long
   */
  public String awaitLog(Pattern pattern, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (true) {
      // Asked first: what it logged just before its end counts.
      boolean ended = process.awaitEnd(POLL).isPresent();
      Optional<String> line = logged(pattern);
      if (line.isPresent()) {
        return line.get();
      }
      if (ended || System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "the service %s without a line like '%s':%n%s"
                .formatted(ended ? "ended" : "runs", pattern, logTail()));
      }
    }
  }

  private Optional<String> logged(Pattern pattern) {
    return log().lines().filter(line -> pattern.matcher(line).find()).findFirst();
  }

  /**
   * Waits for it to end.
   *
   * @return the exit code
   * @throws IllegalStateException with the log's tail, if it takes too long
   */
  public int awaitExit(Duration limit) {
    return process
        .awaitEnd(limit)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "the service still runs after %s:%n%s".formatted(limit, logTail())));
  }

  /**
   * SIGTERM, and waits.
   *
   * @return the exit code
   * @throws IllegalStateException with the log's tail, if it takes too long; it is killed then
   */
  public int terminate(Duration limit) {
    process.stop("TERM", limit);
    return awaitExit(POLL);
  }

  /** SIGSTOP: it is there and does nothing, until {@link #resume}. */
  public void pause() {
    process.pause();
  }

  /** SIGCONT. */
  public void resume() {
    process.resume();
  }

  /** SIGKILL, and waits. */
  public void kill() {
    process.kill();
  }

  /** Kills it if it still runs, and removes the log. */
  @Override
  public void close() {
    if (process.isAlive()) {
      process.kill();
    }
    Scratch.remove(folder);
  }

  /**
   * What a short command did.
   *
   * @param output all that it printed
   */
  public record Outcome(int exitCode, String output) {

    /** The output; throws with it if the exit code is not 0. */
    public String orThrow() {
      if (exitCode != 0) {
        throw new IllegalStateException("exit code %d:%n%s".formatted(exitCode, output));
      }
      return output;
    }
  }

  /** How it is to be run. */
  public static final class Builder {

    private final List<String> arguments;
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final List<String> jvmOptions = new ArrayList<>();
    private Path jar = defaultJar();
    private @Nullable Path installation;

    private Builder(List<String> arguments) {
      this.arguments = arguments;
    }

    /** A variable of its environment, as {@code DB_URI}. */
    public Builder environment(String name, String value) {
      environment.put(name, value);
      return this;
    }

    /** Variables of its environment. */
    public Builder environment(Map<String, String> variables) {
      environment.putAll(variables);
      return this;
    }

    /** Options of its JVM, as {@code -Xmx64m}. */
    public Builder jvmOptions(String... options) {
      jvmOptions.addAll(List.of(options));
      return this;
    }

    /** Another jar. */
    public Builder jar(Path file) {
      this.jar = file;
      return this;
    }

    /**
     * By the launcher of an installation, with its JVM options: a folder with all that ships, and
     * the archive of classes.
     */
    public Builder installed(Path folder) {
      this.installation = folder;
      this.jar = folder.resolve("creek-consumer.jar");
      return this;
    }

    /** Starts it; returns at once. */
    public ServiceProcess start() {
      if (!Files.isRegularFile(jar)) {
        throw new IllegalStateException(
            jar + " is missing: ./mvnw package -DskipTests makes it, or set " + JAR);
      }
      Path folder = Scratch.onDisk("service");
      Path log = folder.resolve("log");
      ServerProcess process = ServerProcess.start("the service", command(), environment, log);
      return new ServiceProcess(process, folder, log);
    }

    /**
     * Runs a short command to its end.
     *
     * @throws IllegalStateException with its output, if it takes too long
     */
    public Outcome run(Duration limit) {
      try (ServiceProcess process = start()) {
        int exitCode = process.awaitExit(limit);
        return new Outcome(exitCode, process.log());
      }
    }

    private List<String> command() {
      List<String> command = new ArrayList<>();
      if (installation != null) {
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        command.add(installation.resolve("creek-consumer").toString());
        command.addAll(arguments);
        return command;
      }
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      // As the launcher does: these processes do not live long enough for the second compiler.
      command.add("-XX:TieredStopAtLevel=1");
      command.addAll(jvmOptions);
      if (jvmOptions.stream().anyMatch(option -> option.startsWith("-D" + Failpoints.PROPERTY))) {
        // What ships cannot fail on demand: the class that does is put beside it.
        command.addAll(List.of("-cp", jar + File.pathSeparator + location(Failpoints.class)));
        command.add("dev.creek.consumer.app.Main");
      } else {
        command.addAll(List.of("-jar", jar.toString()));
      }
      command.addAll(arguments);
      return command;
    }

    /** An IDE does not know the property, but runs this class from {@code target/test-classes}. */
    public static Path defaultJar() {
      String given = System.getProperty(JAR);
      if (given != null) {
        return Path.of(given);
      }
      return location(ServiceProcess.class).resolveSibling("creek-consumer.jar");
    }

    /** The folder or jar that a class was loaded from. */
    private static Path location(Class<?> type) {
      try {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
      } catch (URISyntaxException e) {
        throw new IllegalStateException(type + " is in a strange place", e);
      }
    }
  }
}
