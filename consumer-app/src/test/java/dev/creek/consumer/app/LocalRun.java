package dev.creek.consumer.app;

import dev.creek.consumer.app.cli.Cli;
import dev.creek.consumer.app.cli.CliContext;
import dev.creek.consumer.app.cli.StopSignals;
import dev.creek.consumer.app.cli.Terminal;
import dev.creek.consumer.app.http.LogCounts;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;

/**
 * One run of the command line in this JVM against real servers: another JVM would take longer than
 * most tests.
 *
 * @param code the exit code
 * @param out what went to standard output
 * @param err what went to standard error
 */
record LocalRun(int code, String out, String err) {

  static LocalRun of(Map<String, String> environment, String... arguments) {
    return of(environment, first -> {}, arguments);
  }

  /** The same, where signals come from the test. */
  static LocalRun of(Map<String, String> environment, StopSignals signals, String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    var terminal = new Terminal(new PrintWriter(out), new PrintWriter(err), false, false);
    var around =
        new CliContext(
            environment, terminal, logging -> {}, new LogCounts(), signals, FacadeConsumer::create);
    int code = new Cli(around).run(arguments);
    return new LocalRun(code, out.toString(), err.toString());
  }

  /** All that it said. */
  String said() {
    return out + err;
  }
}
