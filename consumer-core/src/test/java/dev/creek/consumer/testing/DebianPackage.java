package dev.creek.consumer.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Programs of a Debian package in the test cache: without root, and without a change to the system.
 *
 * @param place where in the cache
 * @param release the Debian release to ask first, or {@value #OWN} for the machine's own
 */
record DebianPackage(String place, String name, String release, List<String> programs) {

  static final String OWN = "own";

  /** Folder, beside the programs, of the libraries that they need and the machine lacks. */
  static final String LIBRARIES = "lib";

  private static final String SCRIPT = "fetch-debian-package.sh";

  DebianPackage(String place, String name, String release, String... programs) {
    this(place, name, release, List.of(programs));
  }

  /**
   * The folder that has the programs, fetched first if it is not there.
   *
   * @throws IllegalStateException if that fails, with what the tools said
   */
  Path unpacked() {
    return TestCache.madeOnce(TestCache.folder().resolve(place), this::fetch);
  }

  private void fetch(Path folder) throws IOException {
    try (InputStream script = DebianPackage.class.getResourceAsStream(SCRIPT)) {
      if (script == null) {
        throw new IOException(SCRIPT + " is missing from the test resources");
      }
      String text = new String(script.readAllBytes(), UTF_8);
      List<String> command =
          new ArrayList<>(List.of("sh", "-c", text, SCRIPT, folder.toString(), name, release));
      command.addAll(programs);
      Commands.Outcome outcome = Commands.attempt(command, Map.of());
      if (!outcome.succeeded()) {
        throw new IllegalStateException("could not be fetched:\n" + outcome.output());
      }
    }
  }
}
