package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Finding;
import dev.creek.consumer.api.Finding.Level;
import dev.creek.consumer.app.config.Redaction;
import dev.creek.consumer.app.text.JsonText;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Findings of a check, written for people and for programs, without secrets. */
final class FindingList {
  private FindingList() {}

  /** A line, and one more with what helps. */
  static String text(Finding finding, boolean colour) {
    String line =
        "%-8s %s: %s".formatted(level(finding), shown(finding.about()), shown(finding.text()));
    String fix = finding.fix();
    return (colour ? tone(finding.level()).paint(line) : line)
        + (fix == null ? "" : System.lineSeparator() + "         -> " + shown(fix));
  }

  /** How many there are of each level. */
  static String summary(List<Finding> findings) {
    return Amount.of(count(findings, Level.OK))
        + " ok, "
        + Amount.of(count(findings, Level.WARNING), "warning")
        + ", "
        + Amount.of(count(findings, Level.PROBLEM), "problem");
  }

  /** One array. */
  static String json(List<Finding> findings) {
    return JsonText.INDENTED.array(
        findings,
        (json, finding) -> {
          json.writeStringField("level", level(finding));
          json.writeStringField("about", finding.about());
          json.writeStringField("text", Redaction.redact(finding.text()));
          json.writeStringField("fix", redacted(finding.fix()));
        });
  }

  private static long count(List<Finding> findings, Level level) {
    return findings.stream().filter(finding -> finding.level() == level).count();
  }

  private static String level(Finding finding) {
    return finding.level().name().toLowerCase(Locale.ROOT);
  }

  private static TextTable.Tone tone(Level level) {
    return switch (level) {
      case OK -> TextTable.Tone.PLAIN;
      case WARNING -> TextTable.Tone.ATTENTION;
      case PROBLEM -> TextTable.Tone.BAD;
    };
  }

  private static @Nullable String redacted(@Nullable String text) {
    return text == null ? null : Redaction.redact(text);
  }

  /** A name may hold a line break or an escape sequence: it must not paint the terminal. */
  private static String shown(String text) {
    return Redaction.redact(text).replace('\n', ' ').replaceAll("\\p{Cntrl}", "?");
  }
}
