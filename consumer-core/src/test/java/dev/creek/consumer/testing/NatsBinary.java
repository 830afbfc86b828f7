package dev.creek.consumer.testing;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where nats-server is: the first of {@value #SETTING}, PATH, the cache and the Debian package,
 * which then is in the cache.
 */
final class NatsBinary {

  static final String SETTING = "NATS_SERVER";

  private static final String NAME = "nats-server";

  /**
   * This release's server is newer than the one of the oldest Debian in use: 2.10 against 2.9, for
   * consumers with several filters, and the store format of the golden captures.
   */
  private static final DebianPackage PACKAGE =
      new DebianPackage("nats/debian", "nats-server", "trixie", NAME);

  /**
   * The one of the oldest Debian in use, for tests of what the oldest server that is supported
   * does.
   */
  private static final DebianPackage OLDEST =
      new DebianPackage("nats/debian-oldest", "nats-server", "bookworm", NAME);

  private NatsBinary() {}

  /**
   * The oldest server that tests are to run against, 2.9.
   *
   * @throws IllegalStateException where it cannot be had
   */
  static Path oldest() {
    return OLDEST.unpacked().resolve(NAME);
  }

  /** What was found, or why nothing was. */
  record Search(@Nullable Path found, List<String> tried) {

    Path orThrow() {
      if (found == null) {
        throw new IllegalStateException(
            """
            There is no nats-server for the tests. Tried:
            %s
            Put nats-server 2.9 or newer on PATH, set %s to it, or set %s to the address of a \
            server with JetStream that may be used for tests."""
                .formatted(String.join("\n", tried), SETTING, NatsServer.EXTERNAL));
      }
      return found;
    }
  }

  static Search find() {
    List<String> tried = new ArrayList<>();
    @Nullable String setting = Settings.text(SETTING);
    if (setting != null) {
      Path file = Path.of(setting);
      if (!Files.isExecutable(file)) {
        // Somebody meant this one: taking another in silence would test the wrong server.
        throw new IllegalStateException(SETTING + " is " + file + ", which cannot be executed");
      }
      return new Search(file, tried);
    }
    tried.add("- " + SETTING + ": not set");
    for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
      Path file = Path.of(folder, NAME);
      if (!folder.isEmpty() && Files.isExecutable(file)) {
        return new Search(file, tried);
      }
    }
    tried.add("- PATH: has no " + NAME);
    try {
      return new Search(PACKAGE.unpacked().resolve(NAME), tried);
    } catch (IllegalStateException e) {
      tried.add(
          "- the Debian package: " + String.valueOf(e.getMessage()).strip().indent(2).strip());
      return new Search(null, tried);
    }
  }
}
