package dev.creek.consumer.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Detects whether the output goes to a terminal. */
final class Tty {
  private Tty() {}

  /**
   * Tells whether to write colour to a descriptor: only to a terminal, and only if it is wanted.
   */
  static boolean wantsColour(int descriptor, Map<String, String> environment) {
    return !unwanted(environment) && isTerminal(descriptor);
  }

  /** The user does not want it (no-color.org), or the terminal does not support it. */
  static boolean unwanted(Map<String, String> environment) {
    return !environment.getOrDefault("NO_COLOR", "").isEmpty()
        || environment.getOrDefault("TERM", "dumb").equals("dumb");
  }

  /**
   * Java reports it only for both standard streams together, and from 22 on says yes to pipes.
   * Linux reports it for each; elsewhere nothing is coloured.
   */
  private static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/")
          || target.startsWith("/dev/tty")
          || target.equals("/dev/console");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }
}
