package dev.creek.consumer.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/** Short commands of the system, run to their end. */
final class Commands {

  private Commands() {}

  /** What the command printed; an exit code other than 0 throws, with that in the message. */
  static String run(List<String> command) {
    return run(command, Map.of());
  }

  static String run(List<String> command, Map<String, String> environment) {
    Outcome outcome = attempt(command, environment);
    if (outcome.exitCode() != 0) {
      throw new IllegalStateException(
          "%s failed with exit code %d:%n%s"
              .formatted(String.join(" ", command), outcome.exitCode(), outcome.output()));
    }
    return outcome.output();
  }

  /** The same, for a command whose failure is an answer. One that cannot be started has failed. */
  static Outcome attempt(List<String> command, Map<String, String> environment) {
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().putAll(environment);
      Process process = builder.start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), UTF_8);
      return new Outcome(process.waitFor(), output);
    } catch (IOException e) {
      return new Outcome(127, String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new IOException("interrupted: " + command, e));
    }
  }

  record Outcome(int exitCode, String output) {

    boolean succeeded() {
      return exitCode == 0;
    }
  }
}
