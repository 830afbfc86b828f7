package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.CommandRecord;
import dev.creek.consumer.api.CommandRecord.CommandOutcome;
import dev.creek.consumer.app.config.Configuration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

@Command(
    name = "cancel",
    header = "Cancel commands that wait or run.",
    description = {
      "Cancels commands by their ids, as status shows them, whoever gave them, and waits until they have ended. One that waits ends at"
          + " once. A snapshot that is being taken is given up: the table is as it was, and its changes go on from where they were."
          + " No subscription ends by it.",
      "Exit code 0 if all are cancelled, 1 if one had ended already, ended otherwise, or does not exist. Ctrl-C ends the waiting, not"
          + " the cancelling."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  creek-consumer cancel 7", "  creek-consumer cancel 7 8"})
final class Cancel implements ServerVerb {
  @Parameters(paramLabel = "ID", arity = "1..*", description = "A command's id.")
  private List<String> arguments = List.of();

  private List<Long> ids = List.of();

  @Override
  public boolean needsBroker() {
    return false;
  }

  @Override
  public void checkArguments() {
    ids = EachArgument.parse(arguments, Cancel::id);
  }

  private static long id(String argument) {
    try {
      return Long.parseLong(argument);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "a command's id is a number, as creek-consumer status shows it, not '" + argument + "'",
          e);
    }
  }

  @Override
  public int run(Configuration configuration, CliContext around) {
    Sinks.Empty<Void> stop = Sinks.empty();
    around.signals().listen(name -> stop.tryEmitEmpty());
    return WithConsumer.run(
        configuration,
        around,
        consumer ->
            EachArgument.run(
                ids,
                id -> "command " + id,
                id ->
                    consumer
                        .cancel(id)
                        .map(Cancel::described)
                        .takeUntilOther(stop.asMono().then(Mono.error(Cancel::unseen))),
                around.terminal()));
  }

  private static String described(CommandRecord command) {
    if (command.outcome() == CommandOutcome.CANCELLED) {
      return "command " + command.id() + ": cancelled " + command.detail();
    }
    throw new IllegalStateException(
        "it ended before it could be cancelled: "
            + command.status()
            + (command.detail() == null ? "" : ", " + command.detail()));
  }

  private static IllegalStateException unseen() {
    return new IllegalStateException(
        "it is being cancelled; creek-consumer status shows whether it has ended");
  }
}
