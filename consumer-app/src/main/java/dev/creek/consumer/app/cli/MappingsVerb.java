package dev.creek.consumer.app.cli;

import dev.creek.consumer.api.Command;
import dev.creek.consumer.api.Mapping;
import dev.creek.consumer.app.config.Configuration;
import java.util.List;
import picocli.CommandLine.Parameters;

/** A verb that runs the same command for each mapping. */
abstract class MappingsVerb implements ServerVerb {
  @Parameters(
      paramLabel = "MAPPING",
      arity = "1..*",
      description = "db.namespace.table:target_namespace.target_table")
  private List<String> arguments = List.of();

  private List<Mapping> mappings = List.of();

  abstract Command.OfMapping command(Mapping mapping);

  @Override
  public boolean needsBroker() {
    return true;
  }

  @Override
  public void checkArguments() {
    mappings = EachArgument.parse(arguments, Mapping::parse);
  }

  List<Mapping> mappings() {
    return mappings;
  }

  @Override
  public int run(Configuration configuration, CliContext around) {
    return CommandRun.run(configuration, around, commands());
  }

  /** Runs the commands, and then creates further parts of the tables whose commands were done. */
  final int run(Configuration configuration, CliContext around, WithOption with) {
    with.check(configuration, mappings);
    return CommandRun.run(
        configuration,
        around,
        commands(),
        Consumer::carryOut,
        (consumer, done) ->
            with.create(
                consumer,
                configuration,
                done.stream().map(Command.OfMapping::mapping).toList(),
                around.terminal()));
  }

  final List<Command.OfMapping> commands() {
    return mappings.stream().map(this::command).toList();
  }
}
