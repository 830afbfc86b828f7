package dev.creek.consumer.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.creek.consumer.CreekConsumer;
import dev.creek.consumer.app.cli.Cli;
import dev.creek.consumer.app.cli.CliContext;
import dev.creek.consumer.app.cli.Terminal;
import dev.creek.consumer.app.http.LogCounts;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;

/** The entry point of the runnable jar: assembles the parts. */
public final class Main {

  private Main() {}

  public static void main(String[] args) {
    if (List.of(args).contains("serve")) {
      FatalErrors.install();
      preload();
    }
    Map<String, String> environment = System.getenv();
    var terminal =
        new Terminal(
            writer(FileDescriptor.out),
            writer(FileDescriptor.err),
            Tty.wantsColour(1, environment),
            Tty.wantsColour(2, environment));
    var logCounts = new LogCounts();
    var logging = new Logging(terminal.colourErr(), logCounts);
    var cli =
        new Cli(
            new CliContext(
                environment,
                terminal,
                logging::configure,
                logCounts,
                new ProcessSignals(),
                FacadeConsumer::create));
    int code = cli.run(args);
    logging.stop();
    System.exit(code);
  }

  /** Uses a core that reading the options leaves idle. */
  private static void preload() {
    Thread thread = new Thread(CreekConsumer::preload, "preload");
    thread.setDaemon(true);
    thread.start();
  }

  /** UTF-8 with any locale: names of tables are data, and a container has no locale. */
  private static PrintWriter writer(FileDescriptor descriptor) {
    return new PrintWriter(new OutputStreamWriter(new FileOutputStream(descriptor), UTF_8), true);
  }
}
