package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.app.config.Configuration;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

@CommandLine.Command(
    name = "remove-tables",
    aliases = "remove-table",
    header = "End subscriptions: apply no more changes.",
    description = {
      "Ends the subscription of target tables. Their rows stay, and so does the position: add-tables goes on from there, as long"
          + " as the broker still holds what comes next."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer remove-tables public.orders",
      "  creek-consumer remove-tables public.orders sales.items"
    })
final class RemoveTables implements ServerVerb {
  @Parameters(paramLabel = "TARGET", arity = "1..*", description = "target_namespace.target_table")
  private List<String> arguments = List.of();

  private List<TargetTable> targets = List.of();

  @Override
  public boolean needsBroker() {
    return false;
  }

  @Override
  public void checkArguments() {
    targets = EachArgument.parse(arguments, TargetTable::parse);
  }

  @Override
  public int run(Configuration configuration, CliContext around) {
    return CommandRun.run(
        configuration, around, targets.stream().map(Command.RemoveTable::new).toList());
  }
}
