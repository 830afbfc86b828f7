package dev.creek.consumer.app.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** How long it took, by fault, from its end to equal tables that are all streaming. */
final class Recoveries {
  /** Its end is waited for then, too. */
  static final String WITH_SNAPSHOT = "any of them, while a snapshot is taken";

  private final Map<String, List<Long>> millis = new TreeMap<>();

  void add(String fault, Duration recovery) {
    millis.computeIfAbsent(fault, none -> new ArrayList<>()).add(recovery.toMillis());
  }

  /** As Markdown, to be put into the documentation. */
  String table() {
    StringBuilder table =
        new StringBuilder("| fault | times | median | longest |\n|---|---|---|---|\n");
    millis.forEach(
        (fault, times) -> {
          List<Long> sorted = times.stream().sorted().toList();
          table.append(
              "| %s | %d | %s | %s |%n"
                  .formatted(
                      fault,
                      sorted.size(),
                      seconds(sorted.get(sorted.size() / 2)),
                      seconds(sorted.get(sorted.size() - 1))));
        });
    return table.toString();
  }

  private static String seconds(long millis) {
    return String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
  }
}
