package dev.creek.consumer.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How to run PostgreSQL, which refuses to run as root, when we are root: in containers and
 * sandboxes that is the usual case.
 *
 * <p>Where the kernel lets us, in a user namespace without any mapping: the process believes that
 * it is nobody and still reads and writes root's files. Where it does not (Docker's default
 * profile), as the real user nobody, who has to own its files and to reach its programs.
 */
final class Unprivileged {

  private static final int NOBODY_ID = 65534;
  private static final List<String> OURSELVES = List.of();
  private static final List<String> NAMESPACE = List.of("unshare", "--user");
  private static final List<String> NOBODY =
      List.of("setpriv", "--reuid=" + NOBODY_ID, "--regid=" + NOBODY_ID, "--clear-groups");

  private static final List<String> PREFIX = choose();

  private Unprivileged() {}

  /** The command, prefixed as needed. */
  static List<String> command(List<String> command) {
    List<String> whole = new ArrayList<>(PREFIX);
    whole.addAll(command);
    return whole;
  }

  /** Makes the folder belong to the user as whom the command runs. */
  static void giveAway(Path folder) {
    if (PREFIX.equals(NOBODY)) {
      Commands.run(List.of("chown", "-R", NOBODY_ID + ":" + NOBODY_ID, folder.toString()));
    }
  }

  /** The folder itself, or another one if that user could not reach it: nobody enters /root. */
  static Path readable(Path folder) {
    return PREFIX.equals(NOBODY)
        ? Path.of(System.getProperty("java.io.tmpdir"), "creek-consumer-test-cache")
        : folder;
  }

  private static List<String> choose() {
    if (!isRoot()) {
      return OURSELVES;
    }
    for (List<String> prefix : List.of(NAMESPACE, NOBODY)) {
      List<String> probe = new ArrayList<>(prefix);
      probe.add("true");
      if (Commands.attempt(probe, Map.of()).succeeded()) {
        return prefix;
      }
    }
    throw new IllegalStateException(
        "PostgreSQL does not run as root, and neither unshare nor setpriv works here;"
            + " run the tests as another user or set CREEK_TEST_POSTGRES_URI");
  }

  private static boolean isRoot() {
    try {
      Path file = Files.createTempFile("creek-test-owner", null);
      try {
        return Files.getAttribute(file, "unix:uid").equals(0);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("could not find out which user we are", e);
    }
  }
}
