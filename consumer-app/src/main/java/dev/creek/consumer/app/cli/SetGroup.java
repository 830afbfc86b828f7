package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.TableGroup;
import dev.creek.consumer.api.TargetTable;
import dev.creek.consumer.app.config.Configuration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

@CommandLine.Command(
    name = "set-group",
    header = "Put tables into a group whose tables are applied together.",
    description = {
      "Puts subscribed tables into a named group, or into none if the name is empty (''). The "
          + "tables of a group are applied together, source transaction by source transaction, by one "
          + "service. All of them must come from one source database. A table is in one group: it "
          + "leaves the one where it was. Tables in no named group are grouped as --grouping says. No "
          + "change is lost or applied twice."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer set-group orders public.orders public.lines",
      "  creek-consumer set-group '' public.orders"
    })
final class SetGroup implements ServerVerb {
  @Parameters(
      index = "0",
      paramLabel = "GROUP",
      description = "Name of the group, of at most 63 bytes; '' for none.")
  private String given = "";

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "TARGET",
      description = "target_namespace.target_table")
  private List<String> arguments = List.of();

  private @Nullable String group;
  private List<TargetTable> targets = List.of();

  @Override
  public boolean needsBroker() {
    return false;
  }

  @Override
  public void checkArguments() {
    group = TableGroup.requireName(given);
    targets = EachArgument.parse(arguments, TargetTable::parse);
  }

  @Override
  public int run(Configuration configuration, CliContext around) {
    return CommandRun.run(
        configuration,
        around,
        targets.stream().map(target -> new Command.SetGroup(target, group)).toList());
  }
}
