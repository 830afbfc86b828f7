package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.SchemaCopy;
import org.jspecify.annotations.Nullable;

/** Prints what became of parts of definitions: failures on standard error, with their SQL. */
final class SchemaCopyReport {
  private final Terminal terminal;
  private int created;
  private int existing;
  private int leftOut;
  private int failed;

  SchemaCopyReport(Terminal terminal) {
    this.terminal = terminal;
  }

  void add(SchemaCopy copy) {
    String what = copy.mapping() + ": " + copy.what();
    String reason = behind(": ", copy.reason());
    switch (copy.outcome()) {
      case CREATED -> {
        created++;
        terminal.print(what + " created" + reason);
      }
      case EXISTS -> existing++;
      case LEFT_OUT -> {
        leftOut++;
        terminal.print(
            what + " left out" + reason + behind(System.lineSeparator() + "  -> ", copy.sql()));
      }
      case FAILED -> {
        failed++;
        terminal.complain(
            what + " failed" + reason + behind(System.lineSeparator() + "  -> ", copy.sql()));
      }
    }
  }

  private static String behind(String before, @Nullable String text) {
    return text == null ? "" : before + text;
  }

  /** Prints the counts; returns the exit code. */
  int end() {
    terminal.print(
        "definitions: %d created, %d there already, %d left out, %d failed"
            .formatted(created, existing, leftOut, failed));
    return failed == 0 ? ExitCode.OK : ExitCode.FAILED;
  }
}
