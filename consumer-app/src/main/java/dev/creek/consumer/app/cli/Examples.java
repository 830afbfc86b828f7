package dev.creek.consumer.app.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * The examples below a command's help: each can be copied as it is. The parser's own layout breaks
 * lines within names; here a long line continues after a backslash, as in a shell.
 */
final class Examples {
  private static final int WIDTH = 80;
  private static final String INDENT = "  ";
  private static final String GOES_ON = " \\";

  /** An argument that the shell takes as one word. */
  private static final Pattern WORD = Pattern.compile("(?:'[^']*'|\\S)+");

  private Examples() {}

  static void keepWhole(CommandSpec command) {
    command
        .usageMessage()
        .sectionMap()
        .put(
            UsageMessageSpec.SECTION_KEY_FOOTER,
            help ->
                Stream.of(help.commandSpec().usageMessage().footer())
                    .flatMap(line -> lines(line).stream())
                    .map(line -> line + System.lineSeparator())
                    .collect(Collectors.joining()));
  }

  /** One line of the footer, as lines that fit. */
  static List<String> lines(String text) {
    boolean command = text.startsWith(INDENT);
    String end = command ? GOES_ON : "";
    var lines = new ArrayList<String>();
    var line = new StringBuilder(command ? INDENT : "");
    int begin = line.length();
    Matcher word = WORD.matcher(text);
    while (word.find()) {
      boolean first = line.length() == begin;
      if (!first && line.length() + 1 + word.group().length() + end.length() > WIDTH) {
        lines.add(line + end);
        line = new StringBuilder(command ? INDENT + INDENT : "");
        begin = line.length();
        first = true;
      }
      line.append(first ? "" : " ").append(word.group());
    }
    lines.add(line.toString());
    return lines;
  }
}
