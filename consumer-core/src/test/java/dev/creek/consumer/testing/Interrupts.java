package dev.creek.consumer.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether SIGINT reaches the processes that we start. */
public final class Interrupts {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final long SIGINT_BIT = 1L << 1;

  private Interrupts() {}

  /**
   * A shell starts its background jobs with SIGINT ignored, and everything below inherits that: a
   * JVM then takes no notice of it.
   */
  public static boolean areIgnored() {
    if (!Files.isReadable(STATUS)) {
      return false;
    }
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith("SigIgn:"))
          .map(line -> line.substring("SigIgn:".length()).trim())
          .anyMatch(mask -> (Long.parseUnsignedLong(mask, 16) & SIGINT_BIT) != 0);
    } catch (IOException e) {
      return false;
    }
  }
}
