package dev.creek.consumer.app.cli;

import java.util.ArrayList;
import java.util.List;

/** Rows of text in aligned columns; the last column keeps its length. Not thread-safe. */
final class TextTable {
  private static final String GAP = "  ";

  /** The colour of a row. */
  enum Tone {
    PLAIN(""),
    BAD("\u001b[31m"),
    ATTENTION("\u001b[33m"),
    FAINT("\u001b[2m"),
    HEADING("\u001b[1m");

    private static final String END = "\u001b[0m";

    private final String start;

    Tone(String start) {
      this.start = start;
    }

    String paint(String line) {
      return start.isEmpty() ? line : start + line + END;
    }
  }

  private record Row(Tone tone, List<String> cells) {}

  private final int[] widths;
  private final List<Row> rows = new ArrayList<>();

  TextTable(String... headings) {
    widths = new int[headings.length];
    row(Tone.HEADING, headings);
  }

  void row(Tone tone, String... cells) {
    var shown = new ArrayList<String>();
    for (int i = 0; i < widths.length; i++) {
      // A name may contain a line break or an escape sequence, which must not affect the table or
      // the terminal.
      String cell = cells[i].replaceAll("\\p{Cntrl}", "?");
      shown.add(cell);
      widths[i] = Math.max(widths[i], length(cell));
    }
    rows.add(new Row(tone, shown));
  }

  private static int length(String cell) {
    return cell.codePointCount(0, cell.length());
  }

  String render(boolean colour) {
    var lines = new ArrayList<String>();
    for (Row row : rows) {
      String line = line(row.cells());
      lines.add(colour ? row.tone().paint(line) : line);
    }
    return String.join(System.lineSeparator(), lines);
  }

  private String line(List<String> cells) {
    var line = new StringBuilder();
    for (int i = 0; i < cells.size(); i++) {
      String cell = cells.get(i);
      line.append(cell);
      if (i + 1 < cells.size()) {
        line.append(" ".repeat(widths[i] - length(cell))).append(GAP);
      }
    }
    return line.toString();
  }
}
