package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.app.config.Configuration.Monitoring;
import dev.creek.consumer.app.config.ConfigurationException;
import dev.creek.consumer.app.config.Settings;
import dev.creek.consumer.app.http.HealthClient;
import dev.creek.consumer.text.ErrorWords;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "health",
    header = "Ask the running service whether it is ready.",
    description = {
      "Asks the service on this machine, at its --prometheus-port, and prints its answer: ready, or why not. Ends with 0 if it is"
          + " ready and with 1 if it is not or nobody answers. Asks no other server.",
      "With --live only whether the process makes progress: that is what a container's health check wants, because a restart"
          + " mends no table."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer health",
      "  creek-consumer health --live",
      "  creek-consumer health | jq -r '.reasons[].reason'"
    })
final class Health implements LocalVerb {
  /** Longer than the service itself takes to find out. */
  private static final Duration LIMIT = Duration.ofSeconds(8);

  @Option(names = "--live", description = "Only whether the process makes progress.")
  private boolean live;

  @Override
  public int run(Settings settings, CliContext around) {
    Monitoring monitoring = Configuration.monitoringOf(settings);
    Integer port = monitoring.port();
    if (port == null || port == 0) {
      throw new ConfigurationException(
          List.of("there is nobody to ask: --prometheus-port is " + (port == null ? "off" : port)));
    }
    var client = new HealthClient(monitoring, port, LIMIT);
    try {
      HealthClient.Answer answer = client.ask(live ? "/livez" : "/readyz");
      around.terminal().print(answer.body());
      return answer.ok() ? ExitCode.OK : ExitCode.FAILED;
    } catch (IOException e) {
      around.terminal().complain("no answer from " + client + ": " + ErrorWords.described(e));
      return ExitCode.FAILED;
    }
  }
}
