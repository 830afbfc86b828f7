package dev.creek.consumer.app.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** How long it took, by fault, from its end to equal tables. */
final class Recoveries {
  private final Map<String, List<Long>> millis = new TreeMap<>();

  void add(Fault fault, Duration recovery) {
    millis.computeIfAbsent(fault.name(), none -> new ArrayList<>()).add(recovery.toMillis());
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
