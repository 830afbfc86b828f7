package dev.creek.consumer.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How to start a process that a terminal's Control-C does not reach: the signal goes to the whole
 * foreground process group, so that PostgreSQL would shut down while its JVM still has work for it.
 * A killed group must not take the watchdog along either.
 */
final class OwnSession {

  private static final List<String> PREFIX = choose();

  private OwnSession() {}

  /** The command, prefixed so that its process (of the same id) leads a session of its own. */
  static List<String> command(List<String> command) {
    List<String> whole = new ArrayList<>(PREFIX);
    whole.addAll(command);
    return whole;
  }

  private static List<String> choose() {
    List<String> setsid = List.of("setsid");
    // macOS has no setsid, but Perl.
    List<String> perl = List.of("perl", "-MPOSIX", "-e", "POSIX::setsid(); exec @ARGV or die $!");
    for (List<String> prefix : List.of(setsid, perl)) {
      List<String> probe = new ArrayList<>(prefix);
      probe.add("true");
      if (Commands.attempt(probe, Map.of()).succeeded()) {
        return prefix;
      }
    }
    return List.of();
  }
}
