package dev.creek.consumer.app.demo;

import dev.creek.consumer.testing.ComparedTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Draws a sample as lines of text, with escape sequences for colour if wanted. */
final class Picture {

  private static final int WIDTH = 78;
  private static final int BAR = 20;
  private static final String SPARKS = "▁▂▃▄▅▆▇█";

  private enum Tone {
    PLAIN(""),
    BOLD("1"),
    FAINT("2"),
    GOOD("32"),
    BAD("31"),
    WAIT("33"),
    LOAD("34"),
    ROWS("36");

    private final String code;

    Tone(String code) {
      this.code = code;
    }
  }

  private final boolean colour;

  Picture(boolean colour) {
    this.colour = colour;
  }

  /** The lines, none longer than {@code columns} as seen. */
  List<String> lines(Sample sample, int columns) {
    int width = Math.min(WIDTH, Math.max(20, columns - 1));
    List<String> lines = new ArrayList<>();
    lines.add(
        paint(
            Tone.FAINT,
            fit(
                " %-14s  %-12s  %8s  %8s  %8s  %6s  %s"
                    .formatted("table", "state", "source", "target", "rows/s", "lag", "compared"),
                width)));
    lines.add(rule(width));
    sample.tables().forEach(table -> lines.add(row(table, sample.check(), width)));
    lines.add(rule(width));
    lines.add(
        rate(
            Tone.LOAD,
            "source",
            sample.transactionsPerSecond(),
            "tx/s",
            sample.transactionHistory(),
            width));
    lines.add(
        rate(Tone.ROWS, "target", sample.rowsPerSecond(), "rows/s", sample.rowHistory(), width));
    lines.add("");
    lines.add(fit(" load    " + load(sample), width));
    lines.add(fit(" check   " + check(sample), width));
    lines.add(fit(" clean   " + snapshot(sample.snapshot()), width));
    lines.add(fit(" column  " + column(sample.column()), width));
    trouble(sample, width, lines);
    lines.add("");
    lines.add(
        paint(
            Tone.FAINT,
            fit(" %s   Control-C ends it".formatted(View.clock(sample.elapsed())), width)));
    return lines;
  }

  private String row(Sample.Table table, Sample.Check check, int width) {
    String name = fit(" %-14s  ".formatted(table.name()), width);
    String state = fit("%-12s  ".formatted(table.state()), width - name.length());
    String numbers =
        fit(
            "%8s  %8s  %8s  %6s  "
                .formatted(
                    View.count(table.sourceRows()),
                    View.count(table.targetRows()),
                    View.count(Math.round(table.rowsPerSecond())),
                    View.latency(table.lag())),
            width - name.length() - state.length());
    String mark = check == null ? "" : mark(table, check);
    String shownMark = fit(mark, width - name.length() - state.length() - numbers.length());
    return paint(Tone.BOLD, name)
        + paint(tone(table.state()), state)
        + numbers
        + paint(mark.startsWith("✗") ? Tone.BAD : Tone.GOOD, shownMark);
  }

  private static String mark(Sample.Table table, Sample.Check check) {
    String at = " at " + View.clock(check.at());
    return check.results().stream()
        .filter(result -> result.name().equals(Shop.qualified(table.name())))
        .map(result -> result.equal() ? "✓" + at : "✗ " + View.count(result.differing()) + at)
        .findFirst()
        .orElse("");
  }

  private static Tone tone(String state) {
    return switch (state) {
      case "streaming" -> Tone.GOOD;
      case "failed", "gap" -> Tone.BAD;
      default -> Tone.WAIT;
    };
  }

  private String rate(
      Tone tone, String name, double rate, String unit, List<Double> history, int width) {
    String label = " %-6s  %7s %-6s  ".formatted(name, View.count(Math.round(rate)), unit);
    int room = Math.max(0, width - label.length());
    int from = Math.max(0, history.size() - room);
    String sparks = sparks(history.subList(from, history.size()));
    return fit(label, width) + paint(tone, fit(sparks, room));
  }

  /** The tallest bar is the highest rate shown; a bar that is not empty is never missing. */
  static String sparks(List<Double> rates) {
    double max = rates.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    StringBuilder bars = new StringBuilder();
    for (double rate : rates) {
      int height = max <= 0 ? 0 : (int) Math.ceil(rate / max * (SPARKS.length() - 1));
      bars.append(SPARKS.charAt(Math.max(0, height)));
    }
    return bars.toString();
  }

  private static String load(Sample sample) {
    Sample.Burst burst = sample.burst();
    return burst == null
        ? "steady"
        : "steady, and %d s ago: %s".formatted(burst.ago().toSeconds(), burst.name());
  }

  private static String check(Sample sample) {
    Sample.Check check = sample.check();
    if (check == null) {
      return "soon: the load pauses, then both sides are compared row by row";
    }
    long rows = check.results().stream().mapToLong(ComparedTable::sourceRows).sum();
    return String.format(
        Locale.ROOT,
        "%s at %s: %s rows in %d tables (load paused %s)",
        check.equal() ? "equal" : "DIFFERENT",
        View.clock(check.at()),
        View.count(rows),
        check.results().size(),
        View.latency(check.paused()));
  }

  private static String snapshot(Sample.@Nullable Snapshot snapshot) {
    if (snapshot == null) {
      return "soon: a snapshot of a table, while it is traded in";
    }
    if (snapshot.doneAt() != null) {
      return "snapshot of %s in place at %s: %s rows"
          .formatted(snapshot.table(), View.clock(snapshot.doneAt()), View.count(snapshot.rows()));
    }
    return "snapshot of %s %s %s, %s rows"
        .formatted(snapshot.table(), bar(snapshot), snapshot.step(), View.count(snapshot.rows()));
  }

  private static String column(Sample.@Nullable Column column) {
    if (column == null) {
      return "soon: a table of the source gets one more column";
    }
    String name = column.table() + "." + column.name();
    String added = View.clock(column.addedAt());
    return column.filledAt() == null
        ? "%s added at %s; rows lack its values until a fill".formatted(name, added)
        : "%s added at %s, filled at %s".formatted(name, added, View.clock(column.filledAt()));
  }

  /** How much of what is expected is there. */
  static String bar(Sample.Snapshot snapshot) {
    long expected = Math.max(snapshot.expected(), snapshot.rows());
    int full = expected == 0 ? 0 : (int) (BAR * snapshot.rows() / expected);
    return "█".repeat(full) + "░".repeat(BAR - full);
  }

  private void trouble(Sample sample, int width, List<String> lines) {
    for (Sample.Table table : sample.tables()) {
      if (table.reason() != null) {
        lines.add(paint(Tone.BAD, fit(" %s: %s".formatted(table.name(), table.reason()), width)));
      }
    }
  }

  private String rule(int width) {
    return paint(Tone.FAINT, " " + "─".repeat(width - 1));
  }

  private static String fit(String text, int width) {
    return text.length() <= width ? text : text.substring(0, Math.max(0, width));
  }

  private String paint(Tone tone, String text) {
    return colour && tone != Tone.PLAIN && !text.isBlank()
        ? "\u001b[" + tone.code + "m" + text + "\u001b[0m"
        : text;
  }
}
