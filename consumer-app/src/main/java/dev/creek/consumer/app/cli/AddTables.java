package dev.creek.consumer.app.cli;

import dev.creek.consumer.app.config.Configuration;
import dev.creek.consumer.control.Mapping;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "add-tables",
    header = "Subscribe tables: apply their changes from now on.",
    description = {
      "Subscribes tables. A running service picks them up at once; without one, the next serve does.",
      "A table that was removed before goes on where it stopped. Run create-schemas first where the target table does not exist."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  creek-consumer add-tables shop.public.orders:public.orders",
      "  creek-consumer add-tables shop.public.a:public.a shop.public.b:sales.b",
      "  creek-consumer add-tables 'shop.\"My Schema\".\"a.b\":public.ab'"
    })
final class AddTables implements Verb {
  @Parameters(
      paramLabel = "MAPPING",
      arity = "1..*",
      description = "db.namespace.table:target_namespace.target_table")
  private List<String> arguments = List.of();

  private List<Mapping> mappings = List.of();

  @Override
  public boolean needsBroker() {
    return false;
  }

  @Override
  public void checkArguments() {
    mappings = EachArgument.parse(arguments, Mapping::parse);
  }

  @Override
  public int run(Configuration configuration, Surroundings around) {
    return WithConsumer.run(
        configuration,
        around,
        consumer ->
            EachArgument.run(
                mappings,
                mapping -> consumer.addTable(mapping).thenReturn(mapping + ": subscribed"),
                around.terminal()));
  }
}
