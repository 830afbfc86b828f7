package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.app.config.Configuration;
import java.util.List;
import picocli.CommandLine.Parameters;

/** A verb that asks for the same command for each mapping. */
abstract class MappingsVerb implements ServerVerb {
  @Parameters(
      paramLabel = "MAPPING",
      arity = "1..*",
      description = "db.namespace.table:target_namespace.target_table")
  private List<String> arguments = List.of();

  private List<Mapping> mappings = List.of();

  abstract Command command(Mapping mapping);

  @Override
  public boolean needsBroker() {
    return true;
  }

  @Override
  public void checkArguments() {
    mappings = EachArgument.parse(arguments, Mapping::parse);
  }

  @Override
  public final int run(Configuration configuration, CliContext around) {
    return CommandRun.run(configuration, around, mappings.stream().map(this::command).toList());
  }
}
