package dev.creek.consumer.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Whether a person reads what we write. */
final class Tty {
  private Tty() {}

  /** Whether to write colour to a descriptor: only to a terminal, and only where it is wanted. */
  static boolean wantsColour(int descriptor, Map<String, String> environment) {
    return !unwanted(environment) && isTerminal(descriptor);
  }

  /** The user does not want it (no-color.org), or the terminal cannot. */
  static boolean unwanted(Map<String, String> environment) {
    return !environment.getOrDefault("NO_COLOR", "").isEmpty()
        || environment.getOrDefault("TERM", "dumb").equals("dumb");
  }

  /**
   * Java tells it only of both standard streams together, and from 22 on says yes to pipes. Linux
   * tells of each; elsewhere nothing is coloured.
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
