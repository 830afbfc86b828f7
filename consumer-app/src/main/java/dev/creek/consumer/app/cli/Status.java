package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Configuration;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

@Command(
    name = "status",
    header = "Show on one screen which services run, how far each table is, and what is stuck.",
    description = {
      "Shows the connected instances, each table with state, lag and rate, why it is stuck and "
          + "the fix, and the newest commands. The lag is the age of the oldest change that is not "
          + "applied yet; the broker is asked for it, if one is named. The rate is the number of "
          + "changes applied within a second.",
      "A connected service that has sent no heartbeat for 5 s is late: slow, or stopped. The "
          + "state of its tables is then unknown. All waiting and running commands are shown, and the "
          + "newest of those that have ended.",
      "Exit code 1 if no service is connected, if none has sent a heartbeat for a minute, or if "
          + "a table is failed or in gap. A table that is incomplete (its rows may differ from its "
          + "source's) is shown with the reason, and does not change the exit code."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer status",
      "  creek-consumer status --watch",
      "  creek-consumer status --json | jq '.tables[] | select(.lag_seconds > 60)'"
    })
final class Status implements ServerVerb {
  private static final Duration BETWEEN_SAMPLES = Duration.ofSeconds(1);
  private static final Duration BETWEEN_SCREENS = Duration.ofSeconds(2);

  /** The maximum number kept. */
  private static final int MAX_COMMANDS = 10_000;

  /** To the upper left corner, and clear the rest. */
  private static final String CLEAR = "\u001b[H\u001b[2J";

  @Option(names = "--json", description = "One JSON object, for programs.")
  private boolean json;

  @Option(
      names = "--commands",
      paramLabel = "COUNT",
      defaultValue = "8",
      description = "Maximum number of ended commands to show (default: 8).")
  private int commands;

  @Option(names = "--watch", description = "Repeat every two seconds, until Ctrl-C.")
  private boolean watch;

  @Override
  public boolean needsBroker() {
    return false;
  }

  @Override
  public void checkArguments() {
    if (commands < 0 || commands > MAX_COMMANDS) {
      throw new IllegalArgumentException(
          "--commands must be from 0 to " + MAX_COMMANDS + ", not " + commands);
    }
  }

  @Override
  public int run(Configuration configuration, CliContext around) {
    boolean withLags = configuration.broker() != null;
    Sinks.Empty<Void> stop = Sinks.empty();
    if (watch) {
      around.signals().listen(name -> stop.tryEmitEmpty());
    }
    return WithConsumer.run(
        configuration,
        around,
        consumer ->
            samples(consumer, withLags)
                .takeUntilOther(stop.asMono())
                .doOnNext(sample -> print(sample, configuration, around.terminal()))
                .takeLast(1)
                .next()
                .map(last -> last.isWell() ? ExitCode.OK : ExitCode.FAILED)
                .defaultIfEmpty(ExitCode.OK));
  }

  /** One, or one after the other. */
  private Flux<StatusSample> samples(Consumer consumer, boolean withLags) {
    Mono<StatusSample> first =
        StatusSample.take(consumer, asked(false), null)
            .delayElement(BETWEEN_SAMPLES)
            .flatMap(before -> StatusSample.take(consumer, asked(withLags), before));
    return watch
        ? first.expand(
            before ->
                Mono.delay(BETWEEN_SCREENS)
                    .then(StatusSample.take(consumer, asked(withLags), before)))
        // A single output waits for the lags, which are known within seconds.
        : first
            .expand(
                seen ->
                    seen.service() == StatusSample.Service.LOST
                        ? Mono.delay(BETWEEN_SAMPLES)
                            .then(StatusSample.take(consumer, asked(withLags), seen))
                        : Mono.empty())
            .takeLast(1);
  }

  private StatusSample.Asked asked(boolean withLags) {
    return new StatusSample.Asked(withLags, commands);
  }

  private void print(StatusSample sample, Configuration configuration, Terminal terminal) {
    String shown =
        json
            ? StatusText.json(sample, configuration.grouping())
            : StatusText.screen(
                sample,
                configuration.target().toString(),
                configuration.grouping(),
                terminal.colourOut());
    terminal.print(watch && terminal.colourOut() ? CLEAR + shown : shown);
  }
}
