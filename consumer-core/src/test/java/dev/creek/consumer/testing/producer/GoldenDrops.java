package dev.creek.consumer.testing.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.creek.consumer.api.Generation;
import dev.creek.consumer.testing.GoldenCapture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** What the real producer's log says that it dropped from the WAL. */
final class GoldenDrops {
  private static final Pattern DROPPED =
      Pattern.compile("^ *(\\d+) .*dropping message from golden\\.([^\",]+)", Pattern.MULTILINE);

  private GoldenDrops() {}

  /** How many messages of each table. */
  static Map<String, Integer> counts(Generation generation) {
    var counts = new TreeMap<String, Integer>();
    try (var in = new GoldenCapture(generation).open("producer_drops.log")) {
      var lines = DROPPED.matcher(new String(in.readAllBytes(), UTF_8));
      while (lines.find()) {
        counts.merge(lines.group(2), Integer.valueOf(lines.group(1)), Integer::sum);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return counts;
  }
}
