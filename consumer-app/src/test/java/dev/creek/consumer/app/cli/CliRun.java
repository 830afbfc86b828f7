package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.app.http.LogCounts;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** Runs the command line in this JVM against a fake consumer. */
final class CliRun {
  final FakeConsumer consumer = new FakeConsumer();
  final Map<String, String> environment = new HashMap<>();
  final StringWriter out = new StringWriter();
  final StringWriter err = new StringWriter();
  final AtomicReference<Consumer<String>> signal = new AtomicReference<>();
  Configuration configuration;
  Configuration.Logging logging;

  static CliRun withServers() {
    var run = new CliRun();
    run.environment.put("NATS_URI", "nats://127.0.0.1:4222");
    run.environment.put("DB_URI", "postgres://me:geheim@127.0.0.1/db");
    run.environment.put("PROMETHEUS_PORT", "off");
    return run;
  }

  int run(String... arguments) {
    var terminal = new Terminal(new PrintWriter(out), new PrintWriter(err), false, false);
    var around =
        new CliContext(
            environment,
            terminal,
            given -> logging = given,
            new LogCounts(),
            signal::set,
            (given, recorder) -> {
              configuration = given;
              return consumer;
            });
    int code = new Cli(around).run(arguments);
    terminal.out().flush();
    terminal.err().flush();
    return code;
  }
}
