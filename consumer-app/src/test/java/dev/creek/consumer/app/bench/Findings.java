package dev.creek.consumer.app.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The part of a report that people write. It is kept when the report is written again. */
final class Findings {
  private static final String BEGIN =
      "<!-- Written by hand, and kept when the benchmark is recorded again: -->";
  private static final String END = "<!-- Written by the benchmark: -->";

  private Findings() {}

  /** What stands between the marks in a report that is there; empty where there is none. */
  static String in(Path report) throws IOException {
    if (!Files.exists(report)) {
      return "";
    }
    String text = Files.readString(report, UTF_8);
    int begin = text.indexOf(BEGIN);
    int end = text.indexOf(END);
    return begin < 0 || end < begin ? "" : text.substring(begin + BEGIN.length(), end).strip();
  }

  /** The same between its marks, for a new report. */
  static String marked(String findings) {
    return "\n" + BEGIN + "\n\n" + (findings.isEmpty() ? "" : findings + "\n\n") + END + "\n";
  }

  /** What this run says of the bars, in words. */
  static String ofBars(List<Bar.Outcome> outcomes) {
    List<String> missed =
        outcomes.stream()
            .filter(outcome -> !outcome.met())
            .map(
                outcome ->
                    "%s of `%s`: %s, and the bar is %s"
                        .formatted(
                            outcome.bar().what(),
                            outcome.bar().scenario(),
                            outcome.shown(),
                            outcome.limit()))
            .toList();
    if (outcomes.isEmpty()) {
      return "";
    }
    return missed.isEmpty()
        ? "All %d bars are met.\n".formatted(outcomes.size())
        : "%d of %d bars are missed – %s.\n"
            .formatted(missed.size(), outcomes.size(), String.join("; ", missed));
  }
}
