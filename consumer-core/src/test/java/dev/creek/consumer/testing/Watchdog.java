package dev.creek.consumer.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.List;

/**
 * A shell beside this JVM that ends its servers and removes their folders once the JVM is gone. It
 * replaces shutdown hooks, which do not run when a test JVM is killed: one mechanism for both ends.
 */
final class Watchdog {

  private static final Watchdog INSTANCE = start();

  private final OutputStream commands;

  private Watchdog(OutputStream commands) {
    this.commands = commands;
  }

  static Watchdog instance() {
    return INSTANCE;
  }

  void watch(long pid) {
    report("watch " + pid);
  }

  void forget(long pid) {
    report("forget " + pid);
  }

  void removeAtEnd(Path folder) {
    report("folder " + folder);
  }

  private synchronized void report(String line) {
    try {
      commands.write((line + "\n").getBytes(UTF_8));
      commands.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("the watchdog of the test servers is gone", e);
    }
  }

  private static Watchdog start() {
    try (InputStream script = Watchdog.class.getResourceAsStream("watchdog.sh")) {
      if (script == null) {
        throw new IllegalStateException("watchdog.sh is missing from the test resources");
      }
      // No inherited output: a build that reads this JVM's output to the end would wait for us.
      Process shell =
          new ProcessBuilder(
                  OwnSession.command(List.of("sh", "-c", new String(script.readAllBytes(), UTF_8))))
              .redirectOutput(Redirect.DISCARD)
              .redirectError(Redirect.DISCARD)
              .start();
      return new Watchdog(shell.getOutputStream());
    } catch (IOException e) {
      throw new UncheckedIOException("could not start the watchdog of the test servers", e);
    }
  }
}
