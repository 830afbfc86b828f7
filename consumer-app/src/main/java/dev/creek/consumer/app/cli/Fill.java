package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.api.Subscription;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.app.config.Configuration;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.Mono;

@CommandLine.Command(
    name = "fill",
    header = "Bring the source's values of columns that were added to existing rows.",
    description = {
      "After ALTER TABLE ... ADD COLUMN, rows that were there before have no value of the source in "
          + "the new column until the source changes them. This asks the producer for a snapshot of a "
          + "subscribed table and sets only the named columns of its rows, and those of unique keys; rows "
          + "that are missing are written whole. The table continues afterwards without missing a change, "
          + "also while a service runs. At the end the marks of these columns are gone.",
      "The table needs a key. Without one, resync replaces all rows."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer fill public.orders discount",
      "  creek-consumer fill public.orders discount currency"
    })
final class Fill implements ServerVerb {
  @Parameters(index = "0", paramLabel = "TARGET", description = "target_namespace.target_table")
  private String argument = "";

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "COLUMN",
      description = "Name of a column, as the catalog has it.")
  private List<String> columns = List.of();

  @Override
  public boolean needsBroker() {
    return true;
  }

  @Override
  public void checkArguments() {
    TargetTable.parse(argument);
    columns = Command.Fill.requireNames(columns);
  }

  @Override
  public int run(Configuration configuration, CliContext around) {
    return CommandRun.run(
        configuration,
        around,
        consumer -> mapping(consumer).map(mapping -> List.of(new Command.Fill(mapping, columns))));
  }

  private Mono<Mapping> mapping(Consumer consumer) {
    TargetTable target = TargetTable.parse(argument);
    return consumer
        .subscriptions()
        .map(Subscription::mapping)
        .filter(mapping -> mapping.target().equals(target))
        .next()
        .switchIfEmpty(
            Mono.error(
                () ->
                    new IllegalStateException(
                        target + " is not subscribed; list-tables shows the subscriptions")));
  }
}
