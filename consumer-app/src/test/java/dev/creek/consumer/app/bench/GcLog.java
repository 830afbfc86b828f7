package dev.creek.consumer.app.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sums up a collector's log: what was there before a collection and not after the one before. */
final class GcLog {
  private static final Pattern PAUSE = Pattern.compile("(\\d+)M->(\\d+)M\\(");
  private static final double MEGABYTE = 1 << 20;

  private GcLog() {}

  /** The option that makes a JVM write such a log. */
  static String option(Path file) {
    return "-Xlog:gc:file=" + file;
  }

  /** Bytes allocated until the last collection; empty where there was none. */
  static OptionalDouble allocatedBytes(Path file) {
    try {
      double megabytes = 0;
      int kept = 0;
      boolean any = false;
      for (String line : Files.readAllLines(file)) {
        Matcher pause = PAUSE.matcher(line);
        if (pause.find()) {
          megabytes += Integer.parseInt(pause.group(1)) - kept;
          kept = Integer.parseInt(pause.group(2));
          any = true;
        }
      }
      return any ? OptionalDouble.of(megabytes * MEGABYTE) : OptionalDouble.empty();
    } catch (IOException e) {
      return OptionalDouble.empty();
    }
  }
}
