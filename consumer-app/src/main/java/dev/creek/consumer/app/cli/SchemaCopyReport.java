package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.SchemaCopy;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Prints what became of parts of definitions: failures on standard error, with their SQL. */
final class SchemaCopyReport {
  private final Terminal terminal;
  private int created;
  private int existing;
  private int leftOut;
  private int failed;

  private SchemaCopyReport(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Prints what becomes of each part; returns the exit code. */
  static Mono<Integer> print(Flux<SchemaCopy> copies, Terminal terminal) {
    var report = new SchemaCopyReport(terminal);
    return copies
        .doOnNext(report::add)
        .then(Mono.fromSupplier(report::end))
        .onErrorResume(
            error -> {
              terminal.complain("definitions of the source: " + Reason.of(error));
              return Mono.just(ExitCode.FAILED);
            });
  }

  private void add(SchemaCopy copy) {
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
  private int end() {
    terminal.print(
        "definitions: %d created, %d there already, %d left out, %d failed"
            .formatted(created, existing, leftOut, failed));
    return failed == 0 ? ExitCode.OK : ExitCode.FAILED;
  }
}
