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
    header = "Show on one screen what runs, how far each table is, and what is stuck.",
    description = {
      "Shows the instances that are at work, each table with state, lag and rate, why it is stuck and what helps, and the newest"
          + " commands. The lag is the age of the oldest change that is not applied yet; it is asked of the broker, where one is"
          + " named. The rate is what was applied within a second.",
      "A service that is connected and has not shown itself for 5 s is late: slow, or stopped. What its tables do is unknown then. Commands"
          + " that wait or run are all shown, and of those that have ended the newest.",
      "Exit code 1 if no service is connected, or none has shown itself for a minute, or a table is failed or in gap. A table that is incomplete, whose rows may differ from its source's,"
          + " is shown with the reason and does not change the exit code."
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

  /** As many as are kept. */
  private static final int MAX_COMMANDS = 10_000;

  /** To the upper left corner, and nothing behind it. */
  private static final String CLEAR = "\u001b[H\u001b[2J";

  @Option(names = "--json", description = "One JSON object, for programs.")
  private boolean json;

  @Option(
      names = "--commands",
      paramLabel = "COUNT",
      defaultValue = "8",
      description = "How many commands that have ended to show, at most (default: 8).")
  private int commands;

  @Option(names = "--watch", description = "Show it anew every two seconds, until Ctrl-C.")
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
        // Who looks once wants to know, and it is known within seconds.
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
            ? StatusText.json(sample)
            : StatusText.screen(sample, configuration.target().toString(), terminal.colourOut());
    terminal.print(watch && terminal.colourOut() ? CLEAR + shown : shown);
  }
}
